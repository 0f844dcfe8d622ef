// SPDX-License-Identifier: Apache-2.0
// JPEG through libjpeg. Its errors leave by longjmp into run(), whose frame holds nothing with a destructor, and become
// Corruption outside of it. Warnings that mean lost pixels (data that end early, broken Huffman codes) are errors too.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <functional>
#include <utility>

#include <jpeglib.h>  // needs cstdio before it

#include <jerror.h>  // needs jpeglib.h before it

#include "kindred/core/error.h"
#include "kindred/data/codecs.h"
#include "kindred/data/exif.h"

namespace kindred {
namespace {

// A coded block takes at least one bit of Huffman code and an MCU covers at most 1024 pixels with 8 blocks, so a file
// cannot hold more pixels per byte than this: a header that claims more lies, and nothing is allocated for it.
constexpr int64_t kMostPixelsPerByte = 1024;
constexpr int kMostScans = 500;  // progressive files have about ten; thousands are an attack on the clock

struct Decoder {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};
  std::string_view bytes;

  Decoder(std::string_view file) : bytes(file) {
    jpeg.err = jpeg_std_error(&errors);
    jpeg.client_data = this;
    errors.error_exit = [](j_common_ptr common) { fail(common, nullptr); };
    errors.emit_message = &on_message;
    errors.output_message = [](j_common_ptr) {};
    progress.progress_monitor = &on_progress;
  }
  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  [[noreturn]] static void fail(j_common_ptr common, const char* text) {
    auto* self = static_cast<Decoder*>(common->client_data);
    if (text != nullptr) std::snprintf(self->message, sizeof self->message, "%s", text);
    else common->err->format_message(common, self->message);
    std::longjmp(self->escape, 1);
  }

  static bool harmless(int code) {
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR ||
           code == JWRN_TOO_MUCH_DATA;
  }
  static void on_message(j_common_ptr common, int level) {
    if (level < 0 && !harmless(common->err->msg_code)) fail(common, nullptr);
  }
  static void on_progress(j_common_ptr common) {
    if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number > kMostScans) fail(common, "too many scans");
  }

  // Bytes read so far; the whole file where it ended early (libjpeg then stands at the start of what it missed, or in a
  // made-up end marker that is no part of the file).
  int64_t offset() const {
    if (jpeg.src == nullptr) return 0;
    if (errors.msg_code == JWRN_JPEG_EOF) return static_cast<int64_t>(bytes.size());
    const auto* begin = reinterpret_cast<const JOCTET*>(bytes.data());
    const JOCTET* at = jpeg.src->next_input_byte;
    const bool inside = std::less_equal<>()(begin, at) && std::less_equal<>()(at, begin + bytes.size());
    return inside ? at - begin : static_cast<int64_t>(bytes.size());
  }
};

// Calls step(decoder); false where libjpeg gave up. REQUIRES: step creates nothing that has a destructor.
template <class Step>
bool run(Decoder& decoder, Step step) {
  if (setjmp(decoder.escape) != 0) return false;
  step(decoder);
  return true;
}

template <class Step>
void run_or_throw(Decoder& decoder, const std::string& name, Step step) {
  if (!run(decoder, step))
    throw Corruption(name, decoder.offset(), concat("expected a sound JPEG, got: ", decoder.message));
}

ImageHeader start(Decoder& decoder, const std::string& name) {
  run_or_throw(decoder, name, [](Decoder& d) {
    jpeg_create_decompress(&d.jpeg);
    d.jpeg.progress = &d.progress;
    jpeg_mem_src(&d.jpeg, reinterpret_cast<const unsigned char*>(d.bytes.data()),
                 static_cast<unsigned long>(d.bytes.size()));
    jpeg_save_markers(&d.jpeg, JPEG_APP0 + 1, 0xFFFF);  // EXIF
    jpeg_read_header(&d.jpeg, TRUE);
  });
  const auto& jpeg = decoder.jpeg;
  check_image_size(jpeg.image_height, jpeg.image_width, name, decoder.offset());
  return {.height = jpeg.image_height,
          .width = jpeg.image_width,
          .channels = jpeg.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3};
}

int jpeg_orientation(const Decoder& decoder) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (auto marker = decoder.jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(kExif)) return exif_orientation(data.substr(kExif.size()));
  }
  return 1;
}

// Halves the size as NOTE [Reduced JPEG] in image_file.h says.
ImageHeader reduce(jpeg_decompress_struct& jpeg, ImageHeader header, int64_t min_side) {
  constexpr int kMostHalvings = 3;  // blocks are 8 x 8
  int halvings = 0;
  const auto halved = [](int64_t side, int times) { return (side + (int64_t{1} << times) - 1) >> times; };
  const int64_t shorter = std::min(header.height, header.width);
  while (min_side > 0 && halvings < kMostHalvings && halved(shorter, halvings + 1) >= min_side) ++halvings;
  jpeg.scale_num = 1;
  jpeg.scale_denom = 1u << halvings;
  header.height = halved(header.height, halvings);
  header.width = halved(header.width, halvings);
  return header;
}

// Four inks as Adobe writes them (255 = no ink) to RGB, in place of the row's first 3 * width bytes.
void inks_to_rgb(uint8_t* row, int64_t width, bool inverted) {
  for (int64_t x = 0; x < width; ++x) {
    const uint8_t* ink = row + 4 * x;
    const int black = inverted ? ink[3] : 255 - ink[3];
    uint8_t rgb[3];
    for (int c = 0; c < 3; ++c) {
      const int light = inverted ? ink[c] : 255 - ink[c];
      rgb[c] = static_cast<uint8_t>((light * black + 127) / 255);
    }
    std::copy(rgb, rgb + 3, row + 3 * x);
  }
}

// Grey, and colour halved at most: of other codings libjpeg's rows after a gap may differ from those of the whole picture.
bool may_be_parted(const jpeg_decompress_struct& jpeg) {
  if (jpeg.num_components == 1) return true;
  const auto& parts = jpeg.comp_info;
  const auto plain = [](const jpeg_component_info& part) { return part.h_samp_factor == 1 && part.v_samp_factor == 1; };
  return jpeg.num_components == 3 && parts[0].h_samp_factor <= 2 && parts[0].v_samp_factor <= 2 && plain(parts[1]) &&
         plain(parts[2]);
}

ImageBox wanted_box(const PartOf& part, const ImageHeader& size) {
  const ImageBox box = part(size.height, size.width);
  const bool inside = box.top >= 0 && box.left >= 0 && box.height >= 1 && box.width >= 1 &&
                      box.height <= size.height - box.top && box.width <= size.width - box.left;
  check(inside, "decode_image: expected a box inside ", size.height, " x ", size.width, ", got ", box.height, " x ",
        box.width, " at ", box.top, ", ", box.left);
  return box;
}

// The rows and columns of box, each where it belongs in image. Reads all codes, whatever the box.
void read_box(Decoder& decoder, const std::string& name, const ImageBox& box, Image& image) {
  constexpr int64_t kMargin = 16;  // columns beside the box: more than smoothing of halved colour looks at
  const int64_t begin = std::max<int64_t>(box.left - kMargin, 0);
  const auto rows = static_cast<JDIMENSION>(image.height), top = static_cast<JDIMENSION>(box.top),
             bottom = static_cast<JDIMENSION>(box.top + box.height);
  auto left = static_cast<JDIMENSION>(begin);
  auto width = static_cast<JDIMENSION>(std::min(box.left + box.width + kMargin, image.width) - begin);
  uint8_t* const pixels = image.pixels.data();
  const auto channels = static_cast<size_t>(image.channels), row_bytes = static_cast<size_t>(image.width) * channels;
  run_or_throw(decoder, name, [=](Decoder& d) mutable {
    jpeg_decompress_struct& jpeg = d.jpeg;
    if (width < jpeg.output_width) jpeg_crop_scanline(&jpeg, &left, &width);  // to whole blocks
    else left = 0;
    const auto read_to = [&](JDIMENSION end) {
      while (jpeg.output_scanline < end) {
        uint8_t* row = pixels + jpeg.output_scanline * row_bytes + left * channels;
        jpeg_read_scanlines(&jpeg, &row, 1);
      }
    };
    if (top > 0) jpeg_skip_scanlines(&jpeg, top);
    read_to(bottom);
    // libjpeg stops reading when the last row is skipped, so that one is made.
    if (bottom + 1 < rows) jpeg_skip_scanlines(&jpeg, rows - 1 - bottom);
    read_to(rows);
    jpeg_finish_decompress(&jpeg);
  });
}

// The whole picture; ink: room for a row of four inks.
void read_inks(Decoder& decoder, const std::string& name, uint8_t* ink, uint8_t* pixels) {
  run_or_throw(decoder, name, [ink, pixels](Decoder& d) {
    const size_t row_bytes = size_t{d.jpeg.output_width} * 3;
    while (d.jpeg.output_scanline < d.jpeg.output_height) {
      uint8_t *row = pixels + d.jpeg.output_scanline * row_bytes, *target = ink;
      jpeg_read_scanlines(&d.jpeg, &target, 1);
      inks_to_rgb(ink, d.jpeg.output_width, d.jpeg.saw_Adobe_marker);
      std::copy(ink, ink + row_bytes, row);
    }
    jpeg_finish_decompress(&d.jpeg);
  });
}

}  // namespace

ImageHeader jpeg_header(std::string_view bytes, const std::string& name, int64_t min_side) {
  Decoder decoder(bytes);
  ImageHeader header = reduce(decoder.jpeg, start(decoder, name), min_side);
  if (exif_turns(jpeg_orientation(decoder))) std::swap(header.height, header.width);
  return header;
}

void decode_jpeg(std::string_view bytes, const std::string& name, Image& image, int64_t min_side, const PartOf& part) {
  Decoder decoder(bytes);
  ImageHeader header = start(decoder, name);
  auto& jpeg = decoder.jpeg;
  const auto size = static_cast<int64_t>(bytes.size());
  if (!jpeg.arith_code && header.height * header.width / kMostPixelsPerByte > size)
    throw Corruption(
        name, decoder.offset(),
        concat("expected a size that ", size, " bytes can hold, got ", header.width, " x ", header.height));
  header = reduce(jpeg, header, min_side);
  const int orientation = jpeg_orientation(decoder);
  const bool inks = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  jpeg.out_color_space = inks ? JCS_CMYK : header.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  ImageBox box{.height = header.height, .width = header.width};
  if (part && orientation == 1 && may_be_parted(jpeg)) box = wanted_box(part, header);
  run_or_throw(decoder, name, [](Decoder& d) { jpeg_start_decompress(&d.jpeg); });

  image.height = header.height;
  image.width = header.width;
  image.channels = header.channels;
  image.pixels.resize(static_cast<size_t>(header.height * header.width * header.channels));
  if (!inks) {
    read_box(decoder, name, box, image);
  } else {
    std::vector<uint8_t> ink_row(static_cast<size_t>(header.width) * 4);
    read_inks(decoder, name, ink_row.data(), image.pixels.data());
  }
  exif_upright(image, orientation);
}

}  // namespace kindred
