// SPDX-License-Identifier: Apache-2.0
// Proves: the weights in closed form: halving is 1/8 3/8 3/8 1/8, doubling is 1/4 3/4; edges are cut and renormalised.
#include <gtest/gtest.h>

#include "kindred/kernels/image_resize.h"

namespace kindred {
namespace {

constexpr int32_t kOne = 1 << 22;

std::vector<int32_t> weights_of(const ResizeWeights& w, size_t i) {
  const auto begin = w.weights.begin() + static_cast<int64_t>(i) * w.stride;
  return {begin, begin + w.taps[i].count};
}

TEST(ResizeWeights, HalvingIsATriangle) {
  ResizeWeights w;
  resize_weights({.in = 8, .out = 4, .count = 4}, w);
  EXPECT_EQ(w.taps[1].first, 1);
  EXPECT_EQ(weights_of(w, 1), (std::vector<int32_t>{kOne / 8, 3 * kOne / 8, 3 * kOne / 8, kOne / 8}));
  // At the edge the first weight is cut off: 3/7, 3/7, 1/7.
  EXPECT_EQ(weights_of(w, 0), (std::vector<int32_t>{1797559, 1797559, 599186}));
}

TEST(ResizeWeights, DoublingInterpolates) {
  ResizeWeights w;
  resize_weights({.in = 4, .out = 8, .count = 8}, w);
  EXPECT_EQ(weights_of(w, 1), (std::vector<int32_t>{3 * kOne / 4, kOne / 4}));
  EXPECT_EQ(weights_of(w, 2), (std::vector<int32_t>{kOne / 4, 3 * kOne / 4}));
  EXPECT_EQ(weights_of(w, 0), (std::vector<int32_t>{kOne}));
}

TEST(ResizeWeights, SumToOneAndStayInside) {
  for (const int64_t in : {1, 2, 3, 17, 100, 1001})
    for (const int64_t out : {1, 2, 3, 16, 99, 1000}) {
      ResizeWeights w;
      resize_weights({.in = in, .out = out, .count = out}, w);
      for (size_t i = 0; i < w.taps.size(); ++i) {
        ASSERT_GE(w.taps[i].first, 0);
        ASSERT_GE(w.taps[i].count, 1);
        ASSERT_LE(w.taps[i].first + w.taps[i].count, in);
        int64_t sum = 0;
        for (const int32_t weight : weights_of(w, i)) sum += weight;
        ASSERT_NEAR(static_cast<double>(sum), kOne, w.taps[i].count / 2.0 + 1);  // each is rounded by at most a half
      }
    }
}

}  // namespace
}  // namespace kindred
