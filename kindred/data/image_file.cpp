// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/image_file.h"

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/data/codecs.h"

namespace kindred {
namespace {

// As the decoders want to be asked. Throws where it is none, quoting the first bytes.
ImageFormat known_format(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) throw Corruption(name, 0, "expected a JPEG, PNG or WebP image, got an empty file");
  const ImageFormat format = image_format(bytes);
  if (format != ImageFormat::kNone) return format;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string shown;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 8); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    shown += {' ', kHex[byte >> 4], kHex[byte & 15]};
  }
  throw Corruption(name, 0, "expected a JPEG, PNG or WebP image, got a file that starts with" + shown);
}

}  // namespace

ImageFormat image_format(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") return ImageFormat::kWebp;
  return ImageFormat::kNone;
}

ImageHeader read_image_header(std::string_view bytes, const std::string& name, int64_t min_side) {
  switch (known_format(bytes, name)) {
    case ImageFormat::kJpeg:
      return jpeg_header(bytes, name, min_side);
    case ImageFormat::kPng:
      return png_header(bytes, name);
    default:
      return webp_header(bytes, name);
  }
}

void decode_image(std::string_view bytes, const std::string& name, Image& image, int64_t min_side, const PartOf& part) {
  switch (known_format(bytes, name)) {
    case ImageFormat::kJpeg:
      return decode_jpeg(bytes, name, image, min_side, part);
    case ImageFormat::kPng:
      return decode_png(bytes, name, image);
    default:
      return decode_webp(bytes, name, image);
  }
}

void composite_on_white(const uint8_t* from, uint8_t* to, int64_t pixels, int64_t channels) {
  for (int64_t i = 0; i < pixels; ++i) {
    const int alpha = from[channels];
    for (int64_t c = 0; c < channels; ++c)
      *to++ = static_cast<uint8_t>((*from++ * alpha + 255 * (255 - alpha) + 127) / 255);
    ++from;
  }
}

void check_image_size(int64_t height, int64_t width, const std::string& name, int64_t offset) {
  const bool sides = height >= 1 && width >= 1 && height <= kMaxSide && width <= kMaxSide;
  if (!sides || height * width > kMaxPixels)
    throw Corruption(name, offset,
                     concat("expected sides of 1 to ", kMaxSide, " and at most ", kMaxPixels, " pixels, got ", width,
                            " x ", height));
}

}  // namespace kindred
