// SPDX-License-Identifier: Apache-2.0
// Proves: random rows have the distribution they say, depend on their seed and their number alone, and not on how many
// there are.
#include "kindred/nn/random_rows.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace kindred {
namespace {

TEST(RandomRows, UnitRowsHaveLengthOneAndNoPreferredDirection) {
  const auto rows = random_unit_rows(4000, 5, 1);
  EXPECT_LT((rows.square().sum(1) - 1).abs().max().item<double>(), 1e-6);
  // The mean of n unit rows has length about 1/sqrt(n) = 0.016; the second moment of each coordinate is 1/d.
  EXPECT_LT(rows.mean(0).norm().item<double>(), 0.05);
  EXPECT_LT((rows.square().mean(0) - 0.2).abs().max().item<double>(), 0.02);
}

TEST(RandomRows, UniformRowsFillTheirBounds) {
  const auto rows = random_uniform_rows(1000, 4, 0.3, 1);
  EXPECT_LE(rows.abs().max().item<double>(), 0.3);
  EXPECT_GT(rows.max().item<double>(), 0.29);
  EXPECT_LT(rows.min().item<double>(), -0.29);
  EXPECT_NEAR(rows.square().mean().item<double>(), 0.03, 0.003);  // bound^2 / 3
}

TEST(RandomRows, ARowDependsOnSeedAndNumberOnly) {
  EXPECT_TRUE(torch::equal(random_unit_rows(9, 3, 2), random_unit_rows(20, 3, 2).narrow(0, 0, 9)));
  EXPECT_FALSE(torch::equal(random_unit_rows(9, 3, 2), random_unit_rows(9, 3, 3)));
  EXPECT_TRUE(torch::equal(random_uniform_rows(9, 3, 1, 2), random_uniform_rows(20, 3, 1, 2).narrow(0, 0, 9)));
}

}  // namespace
}  // namespace kindred
