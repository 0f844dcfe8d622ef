// SPDX-License-Identifier: Apache-2.0
// The colour operations on floats in [0, 1]: the definitions that image_colour.h quantises, and their reference in tests.
//
// Grey = 0.2989 R + 0.587 G + 0.114 B. Every result is cut to [0, 1]. Values as in torchvision's functional on float
// tensors. pixels: 3 planes of `area` values, in place; double arithmetic inside.
#pragma once

#include <cstdint>

namespace kindred {

void image_brightness_ref(float* pixels, int64_t area, double factor);  // factor x
void image_contrast_ref(float* pixels, int64_t area, double factor);    // blend with the mean grey
void image_saturation_ref(float* pixels, int64_t area, double factor);  // blend with the pixel's grey
void image_hue_ref(float* pixels, int64_t area, double turns);          // H + turns in HSV, wraps
void image_greyscale_ref(float* pixels, int64_t area);
void image_solarize_ref(float* pixels, int64_t area, double threshold);  // x >= threshold becomes 1 - x

}  // namespace kindred
