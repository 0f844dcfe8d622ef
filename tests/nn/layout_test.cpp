// SPDX-License-Identifier: Apache-2.0
// Proves: a layout changes where numbers lie and nothing else; of one channel the strides tell it, and convolutions keep it.
#include "kindred/nn/layout.h"

#include <gtest/gtest.h>

#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Layout, KeepsValuesNamesAndOutputs) {
  const auto plain = test::make_encoder("resnet18", {3, 16, 16}), other = test::make_encoder("resnet18", {3, 16, 16});
  set_layout(*other, at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(other->named_parameters()["layer1.0.conv1.weight"].is_contiguous(at::MemoryFormat::ChannelsLast));
  const auto a = test::all_tensors(*plain), b = test::all_tensors(*other);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].first == b[i].first && torch::equal(a[i].second, b[i].second)) << a[i].first;
  const auto x = test::normal_tensor({4, 3, 16, 16}, 1);
  EXPECT_LT(test::relative_gap(other->forward(x), plain->forward(x)), 1e-5);
}

TEST(Layout, OneChannelHasTheStridesOfItsLayout) {
  constexpr auto kLast = at::MemoryFormat::ChannelsLast;
  const auto x = test::normal_tensor({4, 1, 6, 5}, 1), y = in_layout(x, kLast);
  EXPECT_EQ(y.suggest_memory_format(), kLast);
  EXPECT_TRUE(torch::equal(y, x));
  EXPECT_EQ(in_layout(x, at::MemoryFormat::Contiguous).suggest_memory_format(), at::MemoryFormat::Contiguous);
  EXPECT_EQ(in_layout(test::normal_tensor({4, 3, 6, 5}, 1), kLast).suggest_memory_format(), kLast);
  const auto convolution = torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 8, 3));
  EXPECT_EQ(torch::conv2d(y, convolution->weight).suggest_memory_format(), kLast);
}

}  // namespace
}  // namespace kindred
