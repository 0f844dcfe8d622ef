// SPDX-License-Identifier: Apache-2.0
// Proves: a layout changes where numbers lie and nothing else.
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
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(a[i].first == b[i].first && torch::equal(a[i].second, b[i].second)) << a[i].first;
  const auto x = test::normal_tensor({4, 3, 16, 16}, 1);
  EXPECT_LT(test::relative_gap(other->forward(x), plain->forward(x)), 1e-5);
}

TEST(Layout, OneChannelSaysWhichLayoutItHas) {
  const auto x = test::normal_tensor({2, 1, 5, 4}, 2).transpose(2, 3);
  const auto last = in_layout(x, at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(last.strides(), (std::vector<int64_t>{20, 1, 5, 1}));
  EXPECT_TRUE(torch::equal(last, x));
  EXPECT_TRUE(in_layout(x, at::MemoryFormat::Contiguous).is_contiguous());
}

}  // namespace
}  // namespace kindred
