// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; the ceiling ln n; the information of correlated Gaussians is not exceeded.
#include "kindred/losses/mi_bound.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(MiBound, SharedVector) {
  test::expect_vector("mi_bound.json", "log_n_minus_loss",
                      [](const test::Tensors& x) { return mi_bound(x.at("q"), x.at("k")); });
}

TEST(MiBound, NeverAboveTheLogarithmOfTheTerms) {
  const at::Tensor x = torch::eye(8, torch::kFloat64);
  const double bound = mi_bound(x, x, {.temperature = 0.01}).item<double>();
  EXPECT_NEAR(bound, std::log(8), 1e-9);
  const double queue = mi_bound({.query = x, .key = x, .queue = -x}, {.temperature = 0.01}).item<double>();
  EXPECT_LE(queue, std::log(9) + 1e-12);
  EXPECT_NEAR(queue, std::log(9), 1e-9);
}

// I = -d/2 ln(1 - rho^2) of d pairs of Gaussians; the cosine critic is not the best one, so the bound stays below.
TEST(MiBound, StaysBelowTheTruth) {
  const int64_t n = 400, d = 4;
  const double rho = 0.9, truth = -0.5 * static_cast<double>(d) * std::log(1 - rho * rho);
  const at::Tensor a = test::random_rows(n, d, 1), b = rho * a + std::sqrt(1 - rho * rho) * test::random_rows(n, d, 2);
  const double bound = mi_bound(a, b, {.temperature = 0.1, .direction = "symmetric"}).item<double>();
  EXPECT_GT(bound, 0.5);
  EXPECT_LT(bound, truth);
}

TEST(MiBound, Refusals) {
  const at::Tensor x = test::random_rows(3, 2, 1);
  EXPECT_THROW(mi_bound(x, x, {.direction = "sum"}), InvalidArgument);
  EXPECT_THROW(mi_bound({.query = x, .key = x, .ids = torch::arange(3)}, {}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
