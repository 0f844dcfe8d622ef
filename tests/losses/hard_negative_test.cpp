// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; beta = 0 is the debiased loss; the weights in loops; that detached weights change only the gradient.
#include "kindred/losses/hard_negative.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/debiased.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(HardNegative, SharedVector) {
  test::expect_vector("hcl_hard_negatives.json", "robinson2021",
                      [](const test::Tensors& x) { return hard_negative(x.at("z1"), x.at("z2")); });
}

TEST(HardNegative, WithoutBetaIsDebiased) {
  const at::Tensor z1 = test::random_rows(5, 4, 1), z2 = test::random_rows(5, 4, 2);
  for (const double prior : {0.0, 0.1})
    EXPECT_NEAR(hard_negative(z1, z2, {.tau_plus = prior, .beta = 0}).item<double>(),
                debiased(z1, z2, {.tau_plus = prior}).item<double>(), 1e-12);
}

TEST(HardNegative, IsThePublishedForm) {
  const at::Tensor z1 = test::random_rows(4, 3, 3), z2 = test::random_rows(4, 3, 4);
  const auto z = test::stacked(test::rows_of(z1), test::rows_of(z2));
  const double t = 0.5, prior = 0.1, beta = 1.7, n = 6;
  double sum = 0;
  for (size_t i = 0; i < 8; ++i) {
    const size_t other = (i + 4) % 8;
    const double up = std::exp(test::cosine(z[i], z[other]) / t);
    double weighted = 0, weights = 0;
    for (size_t a = 0; a < 8; ++a) {
      if (a == i || a == other) continue;
      const double l = test::cosine(z[i], z[a]) / t;
      weighted += std::exp((1 + beta) * l), weights += std::exp(beta * l) / n;
    }
    const double mass = std::max((weighted / weights - prior * n * up) / (1 - prior), n * std::exp(-1 / t));
    sum -= std::log(up / (up + mass)) / 8;
  }
  EXPECT_NEAR(hard_negative(z1, z2, {.temperature = t, .tau_plus = prior, .beta = beta}).item<double>(), sum, 1e-12);
}

TEST(HardNegative, DetachedWeightsChangeTheGradientAlone) {
  const at::Tensor z1 = test::random_rows(5, 4, 5), z2 = test::random_rows(5, 4, 6);
  const auto f = [](bool detach) {
    return [detach](const std::vector<at::Tensor>& x) { return hard_negative(x[0], x[1], {.detach_weights = detach}); };
  };
  EXPECT_EQ(f(false)({z1, z2}).item<double>(), f(true)({z1, z2}).item<double>());
  EXPECT_GT(
      (test::gradients_of(f(false), {z1, z2})[0] - test::gradients_of(f(true), {z1, z2})[0]).abs().max().item<double>(),
      1e-3);
}

}  // namespace
}  // namespace kindred
