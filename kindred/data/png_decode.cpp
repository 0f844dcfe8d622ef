// SPDX-License-Identifier: Apache-2.0
// PNG through libpng. Its errors leave by longjmp into run(), whose frame holds nothing with a destructor, and become
// Corruption outside of it. Warnings (odd ancillary chunks) are ignored.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <utility>

#include <png.h>

#include "kindred/core/error.h"
#include "kindred/data/codecs.h"
#include "kindred/data/exif.h"

namespace kindred {
namespace {

constexpr int64_t kSizeOffset = 16;  // width and height in IHDR
// Deflate makes at most 1032 bytes of one: a header that claims more than the file can hold lies.
constexpr int64_t kMostInflation = 1032;

struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const uint8_t* data = nullptr;
  size_t size = 0, at = 0;
  char message[128] = {};

  Decoder(std::string_view bytes) : data(reinterpret_cast<const uint8_t*>(bytes.data())), size(bytes.size()) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &on_error, [](png_structp, png_const_charp) {});
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png, this, &on_read);
  }
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  [[noreturn]] static void on_error(png_structp png, png_const_charp text) {
    auto* self = static_cast<Decoder*>(png_get_error_ptr(png));
    std::snprintf(self->message, sizeof self->message, "%s", text);
    png_longjmp(png, 1);
  }
  static void on_read(png_structp png, png_bytep out, size_t count) {
    auto* self = static_cast<Decoder*>(png_get_io_ptr(png));
    if (count > self->size - self->at) {
      self->at = self->size;
      png_error(png, "the file ends early");
    }
    std::memcpy(out, self->data + self->at, count);
    self->at += count;
  }
};

// Calls step(decoder); false where libpng gave up. REQUIRES: step creates nothing that has a destructor.
template <class Step>
bool run(Decoder& decoder, Step step) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0) return false;
  step(decoder);
  return true;
}

template <class Step>
void run_or_throw(Decoder& decoder, const std::string& name, Step step) {
  if (!run(decoder, step))
    throw Corruption(name, static_cast<int64_t>(decoder.at), concat("expected a sound PNG, got: ", decoder.message));
}

int64_t big_endian(const uint8_t* p) {
  return int64_t{p[0]} << 24 | int64_t{p[1]} << 16 | int64_t{p[2]} << 8 | int64_t{p[3]};
}

// The size is checked before libpng sees the file, for one message instead of libpng's several.
ImageHeader start(Decoder& decoder, const std::string& name) {
  if (decoder.size < static_cast<size_t>(kSizeOffset) + 8)
    throw Corruption(name, static_cast<int64_t>(decoder.size), "expected a PNG header, got the end of the file");
  const int64_t width = big_endian(decoder.data + kSizeOffset), height = big_endian(decoder.data + kSizeOffset + 4);
  check_image_size(height, width, name, kSizeOffset);
  run_or_throw(decoder, name, [](Decoder& d) {
    png_set_user_limits(d.png, kMaxSide, kMaxSide);
    png_read_info(d.png, d.info);
  });
  const bool colour = (png_get_color_type(decoder.png, decoder.info) & PNG_COLOR_MASK_COLOR) != 0;
  return {.height = height, .width = width, .channels = colour ? 3 : 1};
}

// Of the eXIf chunk, where it stands in front of the pixels.
int png_orientation(Decoder& decoder) {
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(decoder.png, decoder.info, &size, &exif) == 0) return 1;
  return exif_orientation({reinterpret_cast<const char*>(exif), size});
}

ImageHeader upright(ImageHeader header, int orientation) {
  if (exif_turns(orientation)) std::swap(header.height, header.width);
  return header;
}

}  // namespace

ImageHeader png_header(std::string_view bytes, const std::string& name) {
  Decoder decoder(bytes);
  const ImageHeader header = start(decoder, name);
  return upright(header, png_orientation(decoder));
}

void decode_png(std::string_view bytes, const std::string& name, Image& image) {
  Decoder decoder(bytes);
  const ImageHeader header = start(decoder, name);
  const auto stored_row = static_cast<int64_t>(png_get_rowbytes(decoder.png, decoder.info));
  const auto size = static_cast<int64_t>(bytes.size());
  if (header.height * stored_row / kMostInflation > size)
    throw Corruption(
        name, kSizeOffset,
        concat("expected a size that ", size, " bytes can hold, got ", header.width, " x ", header.height));
  run_or_throw(decoder, name, [](Decoder& d) {
    png_set_scale_16(d.png);
    png_set_expand(d.png);  // palette -> RGB, 1 2 4 bits -> 8, tRNS -> alpha
    png_set_interlace_handling(d.png);
    png_read_update_info(d.png, d.info);
  });

  const int64_t stored = png_get_channels(decoder.png, decoder.info);
  const bool alpha = stored == header.channels + 1;
  const auto row_bytes = static_cast<size_t>(header.width * stored);
  image.height = header.height;
  image.width = header.width;
  image.channels = header.channels;
  std::vector<uint8_t> with_alpha(alpha ? row_bytes * static_cast<size_t>(header.height) : 0);
  image.pixels.resize(static_cast<size_t>(header.height * header.width * header.channels));
  uint8_t* const first = alpha ? with_alpha.data() : image.pixels.data();
  std::vector<png_bytep> rows(static_cast<size_t>(header.height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = first + y * row_bytes;
  png_bytepp const row_list = rows.data();
  run_or_throw(decoder, name, [row_list](Decoder& d) {
    png_read_image(d.png, row_list);
    png_read_end(d.png, nullptr);
  });
  if (alpha) composite_on_white(first, image.pixels.data(), header.width * header.height, header.channels);
  exif_upright(image, png_orientation(decoder));
}

}  // namespace kindred
