// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/png_encode.h"

#include <png.h>

#include <cstring>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"

namespace kindred {

std::string encode_png(const Image& image) {
  const bool sides = image.height >= 1 && image.width >= 1 && image.height <= kMaxSide && image.width <= kMaxSide;
  check(sides && (image.channels == 1 || image.channels == 3) &&
            static_cast<int64_t>(image.pixels.size()) == image.height * image.width * image.channels,
        "encode_png: expected height x width x (1 or 3) bytes, got ", image.height, " x ", image.width, " x ",
        image.channels, " and ", image.pixels.size(), " bytes");
  png_image png;
  std::memset(&png, 0, sizeof png);
  png.version = PNG_IMAGE_VERSION;
  png.height = static_cast<png_uint_32>(image.height);
  png.width = static_cast<png_uint_32>(image.width);
  png.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string bytes(size, '\0');
  const int done = png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  check(done != 0, "encode_png: expected libpng to write the image, got: ", png.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace kindred
