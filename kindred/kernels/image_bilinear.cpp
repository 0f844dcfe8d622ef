// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/image_bilinear.h"

#include <algorithm>

namespace kindred {
namespace {

struct Between {
  int64_t low, high;
  float share;  // of high
};

Between sample_at(int64_t i, int64_t in, int64_t out) {
  const double centre = (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
  const double position = std::max(centre, 0.0);
  const auto low = std::min(static_cast<int64_t>(position), in - 1);
  return {low, std::min(low + 1, in - 1), static_cast<float>(position - static_cast<double>(low))};
}

}  // namespace

void image_bilinear(const float* source, int64_t row_stride, int64_t height, int64_t width, int64_t out_height,
                    int64_t out_width, float* out) {
  for (int64_t y = 0; y < out_height; ++y) {
    const Between row = sample_at(y, height, out_height);
    const float *top = source + row.low * row_stride, *bottom = source + row.high * row_stride;
    for (int64_t x = 0; x < out_width; ++x) {
      const Between column = sample_at(x, width, out_width);
      const float above = top[column.low] + (top[column.high] - top[column.low]) * column.share;
      const float below = bottom[column.low] + (bottom[column.high] - bottom[column.low]) * column.share;
      out[y * out_width + x] = above + (below - above) * row.share;
    }
  }
}

}  // namespace kindred
