// SPDX-License-Identifier: Apache-2.0
// Proves: components as scikit-learn's, through either side of the Gram matrix; degenerate input.
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/eval/map.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(Pca, ScikitLearnAgrees) {
  const auto item = test::golden_json("eval_oracles.json").at("cloud");
  const auto x = test::rows_of(item["x"]);
  EXPECT_TRUE(at::allclose(pca(x, 3), test::rows_of(item["pca"]), 1e-4, 1e-5));
}

TEST(Pca, WideAndTallAgree) {
  // Padding with zero features changes the side of the Gram matrix and nothing else.
  const auto x = test::normal_rows(20, 6, 1);
  const auto wide = at::cat({x, at::zeros({20, 60})}, 1);
  EXPECT_TRUE(at::allclose(pca(x, 4), pca(wide, 4), 1e-4, 1e-5));
  EXPECT_TRUE(at::equal(pca(x, 9).narrow(1, 6, 3), at::zeros({20, 3})));
}

TEST(Pca, DegenerateInput) {
  EXPECT_TRUE(at::equal(pca(at::ones({5, 3}), 2), at::zeros({5, 2})));
  EXPECT_EQ(pca(at::empty({0, 3}), 2).size(0), 0);
  EXPECT_THROW(pca(at::ones({5}), 2), InvalidArgument);
  EXPECT_THROW(pca(at::full({5, 2}, std::nan("")), 2), InvalidArgument);
}

}  // namespace
}  // namespace kindred
