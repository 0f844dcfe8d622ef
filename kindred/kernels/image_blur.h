// SPDX-License-Identifier: Apache-2.0
// Gaussian blur in place: separable, edges reflected without repeating the edge pixel.
//
// Weights exp(-k^2 / (2 sigma^2)), k = -radius..radius, normalised to sum 1; float32 sums, rounded to the nearest level.
// Rows are filtered first and not rounded in between. torchvision's gaussian_blur within one level.
// Departs: taps whose weights together stay below 1/512 of a pixel range are left out, which moves no value by more than
// half a level.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/kernels/image_planes.h"

namespace kindred {

// SimCLR's kernel: a tenth of the side, made odd, at least 3; as a radius (224 -> 11, 32 -> 1).
int64_t blur_radius(int64_t side);

// weights[0..radius] of the normalised kernel; weights[k] belongs to both neighbours at distance k. REQUIRES sigma > 0.
void blur_weights(double sigma, int64_t radius, float* weights);

// Reused between calls of one thread.
struct BlurScratch {
  std::vector<float> weights;
  std::vector<float> row;            // one padded row between the passes
  std::vector<uint8_t> source;       // the picture as it was
  std::vector<uint8_t> out;          // a made row
  std::vector<const uint8_t*> rows;  // the rows about one
};
void image_blur(ImagePlanes image, double sigma, int64_t radius, BlurScratch& scratch);

}  // namespace kindred
