// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; the definition in loops with the paper's settings; detached weights.
#include "kindred/losses/circle.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Circle, SharedVector) {
  test::expect_vector("circle.json", "pml_defaults", [](const test::Tensors& x) {
    return circle(x.at("x"), x.at("lab"), {.margin = 0.4, .gamma = 80, .reduction = "mean_nonzero"});
  });
}

TEST(Circle, IsItsDefinition) {
  const at::Tensor x = test::random_rows(6, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2, 0};
  const auto rows = test::rows_of(x);
  double sum = 0;
  int anchors = 0;
  for (size_t i = 0; i < 6; ++i) {
    std::vector<double> push, pull;
    for (size_t j = 0; j < 6; ++j) {
      if (i == j) continue;
      const double s = test::cosine(rows[i], rows[j]), m = 0.25, g = 16;
      if (y[i] == y[j]) pull.push_back(-g * std::max(0.0, 1 + m - s) * (s - (1 - m)));
      else push.push_back(g * std::max(0.0, s + m) * (s - m));
    }
    if (pull.empty()) continue;
    sum += std::log1p(std::exp(test::lse(push) + test::lse(pull))), ++anchors;
  }
  EXPECT_NEAR(circle(x, torch::tensor(y), {.gamma = 16}).item<double>(), sum / anchors, 1e-10);
}

// The loss in loops at x with the weights taken at `weighted`.
double held_still(const test::Rows& x, const test::Rows& weighted, const std::vector<int>& y) {
  const double m = 0.25, g = 8;
  double sum = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    std::vector<double> push, pull;
    for (size_t j = 0; j < y.size(); ++j) {
      if (i == j) continue;
      const double s = test::cosine(x[i], x[j]), w = test::cosine(weighted[i], weighted[j]);
      if (y[i] == y[j]) pull.push_back(-g * std::max(0.0, 1 + m - w) * (s - (1 - m)));
      else push.push_back(g * std::max(0.0, w + m) * (s - m));
    }
    sum += std::log1p(std::exp(test::lse(push) + test::lse(pull))) / static_cast<double>(y.size());
  }
  return sum;
}

TEST(Circle, WeightsCarryNoGradient) {
  const at::Tensor x = test::random_rows(6, 3, 2);
  const std::vector<int> y{0, 1, 0, 1, 1, 0};
  const auto f = [&](const std::vector<at::Tensor>& in) { return circle(in[0], torch::tensor(y), {.gamma = 8}); };
  const auto rows = test::rows_of(x), got = test::rows_of(test::gradients_of(f, {x})[0]);
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 3; ++j) {
      auto up = rows, down = rows;
      up[i][j] += 1e-6, down[i][j] -= 1e-6;
      EXPECT_NEAR(got[i][j], (held_still(up, rows, y) - held_still(down, rows, y)) / 2e-6, 1e-7) << i << ", " << j;
    }
}

}  // namespace
}  // namespace kindred
