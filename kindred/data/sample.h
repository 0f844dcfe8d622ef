// SPDX-License-Identifier: Apache-2.0
// One thing of a data set, as it comes from its source: decoded, not yet resized or changed.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace kindred {

// Pixels, row-major, channels last: pixels[(y * width + x) * channels + c]. channels is 1 (grey) or 3 (RGB).
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  std::vector<uint8_t> pixels;
};

// A rectangle of a picture, inside it.
struct ImageBox {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
};

inline constexpr int64_t kNoLabel = -1;
inline constexpr int64_t kNoGroup = -1;
inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// Which fields are filled depends on the data set (dataset.h). Meant to be reused: get() keeps the capacity.
struct Sample {
  uint64_t id = 0;           // stable: the same thing has the same id in every run, on every machine
  int64_t label = kNoLabel;  // class 0..C-1, or kNoLabel
  // >= 0, shared by what belongs together: frames of a clip, one thing seen by several sensors
  int64_t group = kNoGroup;
  double time = kNoNumber;   // position inside the group, in the unit of the source; NaN where there is none
  double score = kNoNumber;  // a number that comes with the sample; NaN where there is none
  uint32_t copy = 0;         // which of its appearances in an epoch this is (mix:A*3): each draws views of its own
  int64_t index = -1;        // position in the data set that the loader reads; the loader fills it in
  Image image;               // Modality::kImage
  std::vector<Image> others = {};  // further pictures of the same thing, DatasetInfo::pictures - 1 of them
  std::vector<float> vector;       // Modality::kVector, [F]
  std::string encoded = {};        // room for the compressed picture, so that reading allocates nothing anew
};

}  // namespace kindred
