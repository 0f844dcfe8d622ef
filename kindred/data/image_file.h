// SPDX-License-Identifier: Apache-2.0
// Compressed pictures to pixels: JPEG, PNG and WebP, told apart by content and never by name.
//
// What comes out: 8 bits, 1 channel (grey files) or 3 (RGB; WebP always), upright as the EXIF orientation says. 16-bit
// samples are scaled (v / 257, rounded), palettes and small depths expanded, transparency composited on white, CMYK and
// YCCK converted without a colour profile. Colour profiles and gamma are not applied; animations are refused.
//
// Errors are Corruption with the file's name and the offset reached. A picture cut short is an error, not a grey rest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "kindred/data/sample.h"

namespace kindred {

// Limits on what a header may claim, checked before pixels are allocated.
inline constexpr int64_t kMaxSide = 65500;  // also libjpeg's own
inline constexpr int64_t kMaxPixels = int64_t{1} << 28;

enum class ImageFormat { kNone, kJpeg, kPng, kWebp };
ImageFormat image_format(std::string_view bytes);  // by the first bytes, 12 of them at most

struct ImageHeader {
  int64_t height = 0, width = 0;  // upright
  int64_t channels = 0;           // of the decoded image: 1 or 3
};

// NOTE [Reduced JPEG]: with min_side > 0 a JPEG is decoded at 1/2, 1/4 or 1/8 of its size, by an inverse transform of fewer
// coefficients: halved as often as its shorter side stays at least min_side, three times at most, sides rounded up. The
// pixels are near those of a box filter, not those of image_resize. Other formats are decoded as they are. What comes out
// depends on the file and min_side alone, never on the crops that are taken.

// From the whole file or its beginning. name: for messages. Throws Corruption.
ImageHeader read_image_header(std::string_view bytes, const std::string& name, int64_t min_side = 0);

// Which box of a picture is wanted, of a picture of these sides, as decoded and upright.
using PartOf = std::function<ImageBox(int64_t height, int64_t width)>;

// NOTE [Part of a JPEG]: where a box is asked for, the rest of a JPEG is read but not transformed: blocks outside it stay
// coefficients. The pixels inside are those of the whole picture, bit for bit: the decoder gets so many columns more on
// both sides that smoothing between coded columns has its neighbours, and libjpeg keeps the rows that it needs. Errors do
// not depend on the box, since all codes are read to the end. JPEGs with four inks, colour at less than half the
// resolution or a turn by EXIF, and all other formats, are decoded whole.

// Decodes into image, whose capacity is reused. With part, only the pixels of its box are meant: those outside have any
// value. Throws Corruption; InvalidArgument where the box is not inside the picture.
void decode_image(std::string_view bytes, const std::string& name, Image& image, int64_t min_side = 0,
                  const PartOf& part = {});

// Throws Corruption (offset: where the header has its size) unless both sides are in [1, kMaxSide] and the product is at
// most kMaxPixels.
void check_image_size(int64_t height, int64_t width, const std::string& name, int64_t offset);

}  // namespace kindred
