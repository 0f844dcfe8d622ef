// SPDX-License-Identifier: Apache-2.0
// The working picture of the image kernels: one byte per value, channels apart.
//
// Sources are interleaved (data/sample.h: channels last); from the resize on, each channel is a contiguous plane, so
// that every later operation is a plain loop over bytes and the last one writes [C, H, W] in order.
#pragma once

#include <cstdint>

namespace kindred {

// Planes one after the other: data[(c * height + y) * width + x]. Does not own. channels is 1 (grey) or 3 (R, G, B).
struct ImagePlanes {
  uint8_t* data = nullptr;
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;

  int64_t area() const { return height * width; }
  int64_t bytes() const { return channels * height * width; }
  uint8_t* plane(int64_t c) const { return data + c * height * width; }
};

// Interleaved pixels that may be a rectangle of a larger picture: pixels[y * row_stride + x * channels + c].
struct ImageSource {
  const uint8_t* pixels = nullptr;
  int64_t row_stride = 0;  // bytes
  int64_t channels = 0;    // 1 or 3
  int64_t height = 0;
  int64_t width = 0;
};

}  // namespace kindred
