// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/image_file.h"

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/data/codecs.h"

namespace kindred {
namespace {

// As libjpeg and libpng want to be asked. Throws where it is neither, quoting the first bytes.
ImageFormat known_format(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) throw Corruption(name, 0, "expected a JPEG or PNG image, got an empty file");
  const ImageFormat format = image_format(bytes);
  if (format != ImageFormat::kNone) return format;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string shown;
  for (size_t i = 0; i < std::min<size_t>(bytes.size(), 8); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    shown += {' ', kHex[byte >> 4], kHex[byte & 15]};
  }
  throw Corruption(name, 0, "expected a JPEG or PNG image, got a file that starts with" + shown);
}

}  // namespace

ImageFormat image_format(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  return ImageFormat::kNone;
}

ImageHeader read_image_header(std::string_view bytes, const std::string& name) {
  return known_format(bytes, name) == ImageFormat::kJpeg ? jpeg_header(bytes, name) : png_header(bytes, name);
}

void decode_image(std::string_view bytes, const std::string& name, Image& image) {
  if (known_format(bytes, name) == ImageFormat::kJpeg) decode_jpeg(bytes, name, image);
  else decode_png(bytes, name, image);
}

void check_image_size(int64_t height, int64_t width, const std::string& name, int64_t offset) {
  const bool sides = height >= 1 && width >= 1 && height <= kMaxSide && width <= kMaxSide;
  if (!sides || height * width > kMaxPixels)
    throw Corruption(name, offset,
                     concat("expected sides of 1 to ", kMaxSide, " and at most ", kMaxPixels, " pixels, got ", width,
                            " x ", height));
}

}  // namespace kindred
