// SPDX-License-Identifier: Apache-2.0
// The cases of tests/golden/images.json, and pictures compared.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/golden.h"

namespace kindred::test {

struct Picture {  // interleaved
  int64_t height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

struct GoldenImage {
  nlohmann::json options;
  Picture in, out;
};

// The cases of one operation, at least one.
inline std::vector<GoldenImage> golden_images(const std::string& op) {
  std::ifstream file(golden_path("images.bin"), std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto picture = [&](const nlohmann::json& where) {
    Picture p{where[1], where[2], where[3], {}};
    const auto begin = bytes.begin() + where[0].get<int64_t>();
    p.pixels.assign(begin, begin + p.height * p.width * p.channels);
    return p;
  };
  std::vector<GoldenImage> found;
  const nlohmann::json index = golden_json("images.json");
  for (const auto& item : index.at("cases"))
    if (item.at("op") == op) found.push_back({item, picture(item.at("in")), picture(item.at("out"))});
  EXPECT_FALSE(found.empty()) << op;
  return found;
}

// Channels apart, as the kernels work.
inline std::vector<uint8_t> planes_of(const Picture& p) {
  std::vector<uint8_t> planes(p.pixels.size());
  const int64_t area = p.height * p.width;
  for (int64_t i = 0; i < area; ++i)
    for (int64_t c = 0; c < p.channels; ++c)
      planes[static_cast<size_t>(c * area + i)] = p.pixels[static_cast<size_t>(i * p.channels + c)];
  return planes;
}

// How two buffers of bytes differ.
struct Difference {
  int largest = 0;
  double unequal = 0;  // share of the values
};
inline Difference difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  EXPECT_EQ(a.size(), b.size());
  Difference d;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    d.largest = std::max(d.largest, std::abs(int{a[i]} - int{b[i]}));
    d.unequal += a[i] != b[i];
  }
  if (!a.empty()) d.unequal /= static_cast<double>(a.size());
  return d;
}

}  // namespace kindred::test
