// SPDX-License-Identifier: Apache-2.0
// The weights, and the reference of image_resize: plain loops over every channel, row and tap.
#include <algorithm>
#include <cmath>

#include "kindred/kernels/image_resize.h"

namespace kindred {
namespace {

constexpr int kBits = 22;  // Pillow's PRECISION_BITS: 32 less 8 of the pixel less 2 of headroom

}  // namespace

void resize_weights(const ResizeAxis& axis, ResizeWeights& w) {
  const double scale = static_cast<double>(axis.in) / static_cast<double>(axis.out);
  const double widening = std::max(scale, 1.0);  // half width of the triangle in source pixels
  const double inverse = 1.0 / widening;
  w.stride = static_cast<int64_t>(std::ceil(widening)) * 2 + 1;
  w.taps.resize(static_cast<size_t>(axis.count));
  w.weights.resize(static_cast<size_t>(axis.count * w.stride));
  w.row.resize(static_cast<size_t>(w.stride));
  for (int64_t i = 0; i < axis.count; ++i) {
    const int64_t position = axis.first + (axis.mirrored ? axis.count - 1 - i : i);
    const double centre = (static_cast<double>(position) + 0.5) * scale;
    // Truncation towards zero, then the cut at the edge, as in Pillow.
    const int64_t begin = std::max<int64_t>(static_cast<int64_t>(centre - widening + 0.5), 0);
    const int64_t end = std::min<int64_t>(static_cast<int64_t>(centre + widening + 0.5), axis.in);
    const int64_t count = end - begin;
    double sum = 0;
    for (int64_t k = 0; k < count; ++k) {
      const double distance = (static_cast<double>(begin + k) - centre + 0.5) * inverse;
      const double value = std::max(1.0 - std::abs(distance), 0.0);
      w.row[static_cast<size_t>(k)] = value;
      sum += value;
    }
    int32_t* out = w.weights.data() + i * w.stride;
    for (int64_t k = 0; k < count; ++k) {
      const double share = sum != 0 ? w.row[static_cast<size_t>(k)] / sum : w.row[static_cast<size_t>(k)];
      out[k] = static_cast<int32_t>(0.5 + share * (1 << kBits));
    }
    w.taps[static_cast<size_t>(i)] = {static_cast<int32_t>(begin), static_cast<int32_t>(count)};
  }
}

void image_resize_ref(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x, uint8_t* planes,
                      ResizeScratch& scratch) {
  resize_weights(x, scratch.x);
  resize_weights(y, scratch.y);
  scratch.rows.resize(static_cast<size_t>(y.in * x.count));
  const auto sum_of = [](const ResizeWeights& w, int64_t i, const uint8_t* values, int64_t step) {
    const auto tap = w.taps[static_cast<size_t>(i)];
    int64_t sum = int64_t{1} << (kBits - 1);
    for (int64_t k = 0; k < tap.count; ++k)
      sum += int64_t{w.weights[i * w.stride + k]} * values[(tap.first + k) * step];
    return static_cast<uint8_t>(std::clamp<int64_t>(sum >> kBits, 0, 255));
  };
  for (int64_t c = 0; c < source.channels; ++c) {
    for (int64_t row = 0; row < y.in; ++row)
      for (int64_t column = 0; column < x.count; ++column)
        scratch.rows[static_cast<size_t>(row * x.count + column)] =
            sum_of(scratch.x, column, source.pixels + row * source.row_stride + c, source.channels);
    for (int64_t row = 0; row < y.count; ++row)
      for (int64_t column = 0; column < x.count; ++column)
        planes[(c * y.count + row) * x.count + column] = sum_of(scratch.y, row, scratch.rows.data() + column, x.count);
  }
}

}  // namespace kindred
