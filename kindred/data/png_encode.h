// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kindred/data/sample.h"

namespace kindred {

// The bytes of a PNG file of the image (8 bits, grey or RGB). Lossless: decode_image() gives the image back.
// Throws InvalidArgument where the pixels do not fit height x width x channels.
std::string encode_png(const Image& image);

}  // namespace kindred
