// SPDX-License-Identifier: Apache-2.0
// Which way up a picture is, by its EXIF tag 0x0112 (EXIF 2.32 section 4.6.4; TIFF 6.0 section 2 for the layout).
#pragma once

#include <string_view>

#include "kindred/data/sample.h"

namespace kindred {

// The orientation 1-8 in an EXIF block (from its TIFF header on); 1, as stored, where the block has none or is damaged:
// such blocks are common, and the picture is sound without them.
int exif_orientation(std::string_view tiff);

// Whether an orientation swaps height and width.
inline bool exif_turns(int orientation) { return orientation >= 5; }

// Turns and mirrors the stored picture upright. orientation: 1-8.
void exif_upright(Image& image, int orientation);

}  // namespace kindred
