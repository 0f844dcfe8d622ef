// SPDX-License-Identifier: Apache-2.0
// Made-up samples and the views made of them.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "kindred/data/sample.h"
#include "kindred/views/views.h"

namespace kindred::test {

// A picture of smooth colour with texture; id is also its look.
inline Sample made_up(int64_t height, int64_t width, int64_t channels, uint64_t id) {
  Sample sample{.id = id, .image = {height, width, channels, {}}, .vector = {}};
  sample.image.pixels.resize(static_cast<size_t>(height * width * channels));
  uint32_t state = static_cast<uint32_t>(id) * 2654435761u + 1;
  for (size_t i = 0; i < sample.image.pixels.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    sample.image.pixels[i] = static_cast<uint8_t>((i * 3 + (state >> 26) + id * 40) % 256);
  }
  return sample;
}

inline Sample constant(int64_t height, int64_t width, std::vector<uint8_t> colour, uint64_t id = 0) {
  const auto channels = static_cast<int64_t>(colour.size());
  Sample sample{.id = id, .image = {height, width, channels, {}}, .vector = {}};
  for (int64_t i = 0; i < height * width; ++i)
    sample.image.pixels.insert(sample.image.pixels.end(), colour.begin(), colour.end());
  return sample;
}

struct ViewName {
  uint64_t seed = 1;
  uint32_t epoch = 0;
  int64_t view = 0;
};

inline std::vector<float> view_of(const Views& views, const Sample& sample, const ViewName& name = {}) {
  int64_t size = 1;
  for (const int64_t side : views.shape(name.view)) size *= side;
  std::vector<float> out(static_cast<size_t>(size) + 8, -123.0f);
  ViewScratch scratch;
  views.make(sample, name.seed, name.epoch, name.view, out.data(), scratch);
  for (size_t i = static_cast<size_t>(size); i < out.size(); ++i)
    if (out[i] != -123.0f) out[0] = std::numeric_limits<float>::quiet_NaN();  // written past the end: no test passes
  out.resize(static_cast<size_t>(size));
  return out;
}

}  // namespace kindred::test
