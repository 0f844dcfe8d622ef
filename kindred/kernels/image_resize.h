// SPDX-License-Identifier: Apache-2.0
// Antialiased bilinear resize of bytes, equal to Pillow's Image.resize(BILINEAR) bit for bit.
//
// Output pixel i of an axis of n source and m output pixels, scale s = n / m, looks at centre (i + 0.5) s with a triangle
// of half width max(s, 1), cut at the picture's edge and normalised to sum 1; weights are fixed point with 22 bits.
// Columns first, rounded to a byte, then rows. Behaviour of Pillow's Resample.c (8 bits per channel), the reference of
// PyTorch's image pipelines; golden files hold it to that.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/kernels/image_planes.h"

namespace kindred {

// One axis: `in` source pixels become `out`, of which pixels [first, first + count) are made. REQUIRES in, out >= 1 and
// 0 <= first, first + count <= out. mirrored: the made pixels come in reverse order (a flip for nothing).
struct ResizeAxis {
  int64_t in = 0;
  int64_t out = 0;
  int64_t first = 0;
  int64_t count = 0;
  bool mirrored = false;
};

// Weights of one axis: made pixel i = sum over k < taps[i].count of weights[i * stride + k] * source[taps[i].first + k].
struct ResizeWeights {
  struct Tap {
    int32_t first = 0;
    int32_t count = 0;
  };
  std::vector<Tap> taps;
  std::vector<int32_t> weights;  // 22 fractional bits
  std::vector<double> row;       // one output pixel's weights before rounding
  int64_t stride = 0;
};
void resize_weights(const ResizeAxis& axis, ResizeWeights& weights);

// Reused between calls of one thread; steady state allocates nothing.
struct ResizeScratch {
  ResizeWeights x, y;
  std::vector<int16_t> columns;   // the weights of x as image_resize.cpp multiplies them
  std::vector<uint8_t> pixels;    // one row of made pixels before the channels part
  std::vector<uint8_t> rows;      // the picture between the passes
  std::vector<uint8_t> last_row;  // a copy of the source's last row that may be read past its end
};

// Resizes source (x.in = its width, y.in = its height) into planes [source.channels, y.count, x.count]. An axis with
// in == out is copied. REQUIRES sides <= 2^20 (the sums fit 32 bits); planes does not overlap source.
void image_resize(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x, uint8_t* planes,
                  ResizeScratch& scratch);

// The reference: the same numbers by plain loops.
void image_resize_ref(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x, uint8_t* planes,
                      ResizeScratch& scratch);

}  // namespace kindred
