// SPDX-License-Identifier: Apache-2.0
// The two decoders behind image_file.h. Contracts as there; bytes start with the format's magic.
#pragma once

#include "kindred/data/image_file.h"

namespace kindred {

ImageHeader jpeg_header(std::string_view bytes, const std::string& name);
void decode_jpeg(std::string_view bytes, const std::string& name, Image& image);
ImageHeader png_header(std::string_view bytes, const std::string& name);
void decode_png(std::string_view bytes, const std::string& name, Image& image);

}  // namespace kindred
