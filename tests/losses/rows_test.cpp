// SPDX-License-Identifier: Apache-2.0
// Proves: normalisation against loops, at every scale; zero rows; the checks and their messages.
#include "kindred/losses/rows.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(Rows, NormalizedAtEveryScale) {
  for (const double scale : {1e-30, 1e-10, 1.0, 1e15, 1e30}) {
    const at::Tensor x = (test::random_rows(3, 4, 1) * scale).to(torch::kFloat32);
    if (scale < 1e-11) continue;  // below kZeroNorm: a row without direction
    const auto got = test::rows_of(normalized(x)), rows = test::rows_of(x);
    for (size_t i = 0; i < 3; ++i)
      for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(got[i][j], test::unit(rows[i])[j], 1e-6) << scale;
  }
  EXPECT_EQ(normalized(test::random_rows(2, 3, 1) * 1e-20).abs().max().item<double>(), 0);
}

TEST(Rows, GradientIsAcrossTheRow) {
  const at::Tensor x = test::random_rows(3, 4, 2), w = test::random_rows(3, 4, 3);
  const auto f = [&](const std::vector<at::Tensor>& in) { return (normalized(in[0]) * w).sum(); };
  test::expect_gradients(f, {x}, "normalized");
  EXPECT_LT((test::gradients_of(f, {x})[0] * x).sum(1).abs().max().item<double>(), 1e-12);
}

TEST(Rows, ZeroRowsGetZeroGradient) {
  at::Tensor x = test::random_rows(3, 4, 4);
  x[1].zero_();
  const auto g = test::gradients_of([](const std::vector<at::Tensor>& in) { return normalized(in[0]).sum(); }, {x})[0];
  EXPECT_EQ(g[1].abs().max().item<double>(), 0);
  EXPECT_GT(g[0].abs().max().item<double>(), 0);
}

TEST(Rows, FiniteCheckLooksTwice) {
  // The sum overflows, no element does.
  const at::Tensor big = torch::full({2, 2}, 3e38F);
  EXPECT_NO_THROW(checked_rows(big, "who", "x"));
  at::Tensor bad = torch::ones({2, 2});
  bad[1][1] = -INFINITY;
  EXPECT_THROW(checked_rows(bad, "who", "x"), NonFinite);
}

TEST(Rows, IndexAndSimilar) {
  EXPECT_THROW(checked_index(torch::ones({3}), 3, "who", "labels"), InvalidArgument);
  EXPECT_THROW(checked_index(torch::ones({3}, torch::kBool), 3, "who", "labels"), InvalidArgument);
  EXPECT_THROW(checked_index(torch::ones({2}, torch::kLong), 3, "who", "labels"), InvalidArgument);
  EXPECT_EQ(checked_index(torch::ones({3}, torch::kInt), 3, "who", "labels").scalar_type(), torch::kLong);
  EXPECT_TRUE(torch::equal(checked_similar(torch::tensor({1, -1, 0}), 3, "who"), torch::tensor({true, false, false})));
}

}  // namespace
}  // namespace kindred
