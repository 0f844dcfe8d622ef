// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of all forms.
#include "kindred/losses/mse.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Mse, SharedVectors) {
  const auto with = [](const MseOptions& o) {
    return [o](const test::Tensors& x) { return mse(x.at("p"), x.at("t"), o); };
  };
  test::expect_vector("mse.json", "mean_over_elements", with({}));
  test::expect_vector("mse.json", "seed_sum_over_dims", with({.reduction = "rows"}));
  test::expect_vector("mse.json", "unit_vectors_is_2_minus_2cos", with({.reduction = "rows", .normalize = true}));
}

TEST(Mse, UnitRowsAreTwiceOneMinusCosine) {
  const at::Tensor p = torch::tensor({{3.0, 4.0}}, torch::kFloat64), t = torch::tensor({{4.0, 3.0}}, torch::kFloat64);
  EXPECT_NEAR(mse(p, t, {.reduction = "rows", .normalize = true}).item<double>(), 2 - 2 * 0.96, 1e-12);
}

TEST(Mse, Refusals) { EXPECT_THROW(mse(test::random_rows(2, 3, 1), test::random_rows(3, 3, 1)), InvalidArgument); }

}  // namespace
}  // namespace kindred
