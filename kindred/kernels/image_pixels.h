// SPDX-License-Identifier: Apache-2.0
// In and out of the working picture: grey from RGB, bytes to normalised floats; and additive noise.
#pragma once

#include <cstdint>

#include "kindred/kernels/image_planes.h"

namespace kindred {

// Grey of an RGB source into `grey`, [height, width] contiguous: (19595 R + 38470 G + 7471 B + 2^15) >> 16, the ITU-R
// 601 luma of Pillow's convert("L").
void image_grey(const ImageSource& rgb, uint8_t* grey);

// out[i] = values[i * step] * scale + offset, i < count, with one rounding after the product and one after the sum.
// With scale = 1 / (255 std) and offset = -mean / std this is /255, minus mean, over std.
void image_normalise(const uint8_t* values, int64_t step, int64_t count, float scale, float offset, float* out);

// values[i] + noise[i], rounded to the nearest level, in [0, 255]. noise is in levels.
void image_add_noise(uint8_t* values, const float* noise, int64_t count);

}  // namespace kindred
