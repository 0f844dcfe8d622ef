// SPDX-License-Identifier: Apache-2.0
// One thing of a data set, as it comes from its source: decoded, not yet resized or changed.
#pragma once

#include <cstdint>
#include <vector>

namespace kindred {

// Pixels, row-major, channels last: pixels[(y * width + x) * channels + c]. channels is 1 (grey) or 3 (RGB).
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  std::vector<uint8_t> pixels;
};

inline constexpr int64_t kNoLabel = -1;

// Which fields are filled depends on the data set's modality (dataset.h). Meant to be reused: get() keeps the capacity.
struct Sample {
  uint64_t id = 0;            // stable: the same thing has the same id in every run, on every machine
  int64_t label = kNoLabel;   // class 0..C-1, or kNoLabel
  Image image;                // Modality::kImage
  std::vector<float> vector;  // Modality::kVector, [F]
};

}  // namespace kindred
