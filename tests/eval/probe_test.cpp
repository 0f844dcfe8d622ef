// SPDX-License-Identifier: Apache-2.0
// Proves: statistics against two plain passes, constant features, splits that hold every row once, the grid's order.
#include "kindred/eval/probe.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/eval/support.h"

namespace kindred {
namespace {

TEST(Standardiser, CentresAndScales) {
  auto x = test::normal_rows(500, 6, 1) * 3 + 100;
  x.select(1, 2).fill_(7.3);   // constant, not exact in binary
  x.select(1, 4).mul_(1e-20);  // tiny, yet it varies
  const auto s = fit_standardiser(x);
  const auto out = s.apply(x, at::kDouble);
  for (int64_t j = 0; j < 6; ++j) {
    EXPECT_NEAR(out.select(1, j).mean().item<double>(), 0, j == 2 ? 1e-6 : 1e-10) << j;
    EXPECT_NEAR(out.select(1, j).std(/*unbiased=*/false).item<double>(), j == 2 ? 0 : 1, 1e-6) << j;
  }
  EXPECT_TRUE(at::equal(Standardiser{}.apply(x, at::kFloat), x));
  const auto one = test::with_threads(1, [&] { return fit_standardiser(x).scale; });
  EXPECT_EQ(one, s.scale);
}

TEST(ShuffledByClass, HoldsEveryRowOnceInItsClass) {
  const std::vector<int64_t> y{0, 2, 2, 0, 2, 2, 2, 0};
  const auto members = shuffled_by_class(y, 4, 1, 0);
  ASSERT_EQ(members.size(), 4u);
  EXPECT_TRUE(members[1].empty());
  EXPECT_EQ(std::set<int64_t>(members[0].begin(), members[0].end()), (std::set<int64_t>{0, 3, 7}));
  EXPECT_EQ(std::set<int64_t>(members[2].begin(), members[2].end()), (std::set<int64_t>{1, 2, 4, 5, 6}));
  EXPECT_EQ(members, shuffled_by_class(y, 4, 1, 0));
  std::set<std::vector<int64_t>> orders;
  for (uint32_t draw = 0; draw < 20; ++draw) orders.insert(shuffled_by_class(y, 4, 1, draw)[2]);
  EXPECT_GT(orders.size(), 10u);
}

TEST(L2Grid, StrongestFirstAndUnique) {
  EXPECT_EQ(l2_grid({1e-3, 1, 1e-3, 0}), (std::vector<double>{1, 1e-3, 0}));
  EXPECT_EQ(l2_grid({}).size(), 9u);
  EXPECT_EQ(l2_text(l2_grid({})), "100 to 1e-06");
  EXPECT_EQ(l2_text(std::vector<double>{0.01}), "0.01");
}

}  // namespace
}  // namespace kindred
