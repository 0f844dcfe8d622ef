// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector (with the branch past pi - m); CosFace in loops; a monotone target logit; refused labels.
#include "kindred/losses/arcface.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Arcface, SharedVector) {
  test::expect_vector("arcface.json", "s64_m0.5",
                      [](const test::Tensors& x) { return arcface(x.at("x"), x.at("lab"), x.at("W")); });
}

TEST(Arcface, CosfaceTakesTheMarginFromTheCosine) {
  const at::Tensor x = test::random_rows(5, 3, 1), w = test::random_rows(4, 3, 2);
  const std::vector<int> y{0, 3, 1, 1, 2};
  const auto rows = test::rows_of(x), weights = test::rows_of(w);
  double sum = 0;
  for (size_t i = 0; i < 5; ++i) {
    std::vector<double> logits;
    for (size_t c = 0; c < 4; ++c)
      logits.push_back(16 * (test::cosine(rows[i], weights[c]) - (c == static_cast<size_t>(y[i]) ? 0.35 : 0)));
    sum += (test::lse(logits) - logits[static_cast<size_t>(y[i])]) / 5;
  }
  EXPECT_NEAR(arcface(x, torch::tensor(y), w, {.scale = 16, .margin = 0.35, .form = "cosface"}).item<double>(), sum,
              1e-12);
}

TEST(Arcface, TurningAwayNeverHelps) {
  const at::Tensor w = torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, torch::kFloat64), y = torch::zeros({1}, torch::kLong);
  double before = -1;
  for (int step = 0; step <= 180; ++step) {
    // Below the axis, so that the other class only gets farther, then nearer from behind.
    const double angle = -step * 3.14159265358979 / 180;
    const at::Tensor x = torch::tensor({{std::cos(angle), std::sin(angle)}}, torch::kFloat64);
    const at::Tensor alone =
        torch::tensor({{1.0, 0.0}, {0.0, 0.0}}, torch::kFloat64);  // the other class's cosine stays 0
    const double loss = arcface(x, y, alone, {.scale = 4}).item<double>();
    EXPECT_GE(loss, before) << step;
    before = loss;
  }
}

TEST(Arcface, GradientIsFiniteAtThePoles) {
  at::Tensor x = torch::tensor({{1.0, 0.0}, {-1.0, 0.0}}, torch::kFloat64).requires_grad_();
  arcface(x, torch::zeros({2}, torch::kLong), torch::tensor({{1.0, 0.0}, {0.0, 1.0}}, torch::kFloat64)).backward();
  EXPECT_TRUE(torch::isfinite(x.grad()).all().item<bool>());
}

TEST(Arcface, LabelsOutsideAreRefusedAndMissingOnesLeftOut) {
  const at::Tensor x = test::random_rows(3, 2, 3), w = test::random_rows(2, 2, 4);
  EXPECT_THROW(arcface(x, torch::tensor({0, 1, 2}), w), InvalidArgument);
  EXPECT_THROW(arcface(x, torch::tensor({0, -2, 1}), w), InvalidArgument);
  EXPECT_NEAR(arcface(x, torch::tensor({0, 1, -1}), w).item<double>(),
              arcface(x.slice(0, 0, 2), torch::tensor({0, 1}), w).item<double>(), 1e-12);
}

}  // namespace
}  // namespace kindred
