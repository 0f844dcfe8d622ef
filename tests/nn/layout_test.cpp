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
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].first == b[i].first && torch::equal(a[i].second, b[i].second)) << a[i].first;
  const auto x = test::normal_tensor({4, 3, 16, 16}, 1);
  EXPECT_LT(test::relative_gap(other->forward(x), plain->forward(x)), 1e-5);
}

}  // namespace
}  // namespace kindred
