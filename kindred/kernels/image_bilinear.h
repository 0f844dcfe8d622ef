// SPDX-License-Identifier: Apache-2.0
// Crop and bilinear resize of floats without antialiasing: output pixel i samples source position (i + 0.5) n / m - 0.5
// of the box, neighbours beyond the box repeat its edge. For maps that must not be smoothed, and for upsampling; pictures
// go through image_resize.h. torchvision's resized_crop with antialias off, torch's align_corners = false.
#pragma once

#include <cstdint>

namespace kindred {

// source: one plane, rows row_stride floats apart, its pixel (0, 0) the corner of a box of height x width, all >= 1.
// out: [out_height, out_width], does not overlap.
void image_bilinear(const float* source, int64_t row_stride, int64_t height, int64_t width, int64_t out_height,
                    int64_t out_width, float* out);

}  // namespace kindred
