// SPDX-License-Identifier: Apache-2.0
// The decoders behind image_file.h. Contracts as there; bytes start with the format's magic.
#pragma once

#include "kindred/data/image_file.h"

namespace kindred {

ImageHeader jpeg_header(std::string_view bytes, const std::string& name, int64_t min_side);
void decode_jpeg(std::string_view bytes, const std::string& name, Image& image, int64_t min_side, const PartOf& part);
ImageHeader png_header(std::string_view bytes, const std::string& name);
void decode_png(std::string_view bytes, const std::string& name, Image& image);
ImageHeader webp_header(std::string_view bytes, const std::string& name);
void decode_webp(std::string_view bytes, const std::string& name, Image& image);

// Drops the last of channels + 1 channels, the alpha, over white: out = (c * a + 255 * (255 - a)) / 255, rounded.
void composite_on_white(const uint8_t* from, uint8_t* to, int64_t pixels, int64_t channels);

}  // namespace kindred
