// SPDX-License-Identifier: Apache-2.0
// Colour operations in place on bytes, equal to Pillow's (ImageEnhance, HSV conversion, ImageOps) bit for bit.
//
//   brightness f: f x                    contrast f:   m + f (x - m), m = mean grey rounded to a level
//   saturation f: g + f (x - g), g = the pixel's grey     hue: H + shift on Pillow's 8-bit HSV
//   greyscale: every channel becomes g   solarize: x >= threshold becomes 255 - x
//
// Results are cut to [0, 255] and rounded towards zero, in float32, as Pillow's blend does. Grey pictures (1 channel):
// saturation, hue and greyscale leave them as they are. REQUIRES f >= 0 and finite.
// The float definitions these quantise are in image_colour_ref.h.
#pragma once

#include <cstdint>

#include "kindred/kernels/image_planes.h"

namespace kindred {

void image_brightness(ImagePlanes image, float factor);
void image_contrast(ImagePlanes image, float factor);
void image_saturation(ImagePlanes image, float factor);
// shift in 1/256 turns, wraps. For a shift h in turns, torchvision uses trunc(255 h) mod 256: hue_steps(h).
void image_hue(ImagePlanes image, uint8_t shift);
uint8_t hue_steps(double turns);
void image_greyscale(ImagePlanes image);
void image_solarize(ImagePlanes image, uint8_t threshold);

// The mean grey that contrast blends with, rounded half up. 0 for an empty picture.
int image_mean_grey(ImagePlanes image);

}  // namespace kindred
