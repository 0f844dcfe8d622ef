// SPDX-License-Identifier: Apache-2.0
// Moves of whole pixels and rotation. What comes from outside the picture is 0.
#pragma once

#include <cstdint>

#include "kindred/kernels/image_planes.h"

namespace kindred {

// Mirrors left and right, in place.
void image_flip(ImagePlanes image);

// Rotates counter-clockwise by degrees about the centre, bilinear, the picture's size kept: Pillow's
// Image.rotate(degrees, BILINEAR) within one level. out: image.bytes(), does not overlap.
void image_rotate(ImagePlanes image, double degrees, uint8_t* out);

// Moves the content right by dx and down by dy pixels (negative: left, up). out: image.bytes(), does not overlap.
void image_translate(ImagePlanes image, int64_t dx, int64_t dy, uint8_t* out);

// Sets the pixels of [top, top + height) x [left, left + width) to colour[channel]; the part outside is ignored.
void image_fill(ImagePlanes image, int64_t top, int64_t left, int64_t height, int64_t width, const uint8_t* colour);

}  // namespace kindred
