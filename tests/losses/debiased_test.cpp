// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors (floor active and not); tau_plus = 0 is NT-Xent bit for bit; the published form in loops; finite at
// t = 0.01 in float32.
#include "kindred/losses/debiased.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/nt_xent.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss with(const DebiasedOptions& o) {
  return [o](const test::Tensors& x) { return debiased(x.at("z1"), x.at("z2"), o); };
}

TEST(Debiased, SharedVectors) {
  test::expect_vector("debiased.json", "chuang2020_tau0.5", with({}));
  test::expect_vector("debiased.json", "floor_active", with({.tau_plus = 0.3}));
  test::expect_vector("debiased.json", "tau_plus_zero_is_nt_xent", with({.tau_plus = 0}));
}

TEST(Debiased, WithoutPriorIsNtXentBitForBit) {
  const at::Tensor z1 = test::random_rows(9, 4, 1).to(torch::kFloat32),
                   z2 = test::random_rows(9, 4, 2).to(torch::kFloat32);
  for (const double t : {0.01, 0.5})
    EXPECT_TRUE(torch::equal(debiased(z1, z2, {.temperature = t, .tau_plus = 0}), nt_xent(z1, z2, {.temperature = t})));
}

TEST(Debiased, IsThePublishedForm) {
  const at::Tensor z1 = test::random_rows(5, 4, 3), z2 = test::random_rows(5, 4, 4);
  const auto z = test::stacked(test::rows_of(z1), test::rows_of(z2));
  for (const double prior : {0.05, 0.3}) {
    const double t = 0.4, n = 8;
    double sum = 0;
    for (size_t i = 0; i < 10; ++i) {
      const size_t other = (i + 5) % 10;
      const double up = std::exp(test::cosine(z[i], z[other]) / t);
      double negatives = 0;
      for (size_t a = 0; a < 10; ++a)
        if (a != i && a != other) negatives += std::exp(test::cosine(z[i], z[a]) / t);
      const double mass = std::max((negatives - prior * n * up) / (1 - prior), n * std::exp(-1 / t));
      sum -= std::log(up / (up + mass)) / 10;
    }
    EXPECT_NEAR(debiased(z1, z2, {.temperature = t, .tau_plus = prior}).item<double>(), sum, 1e-12);
  }
}

TEST(Debiased, StaysFiniteWhenCold) {
  at::Tensor z1 = test::random_rows(6, 3, 5).to(torch::kFloat32).requires_grad_();
  const at::Tensor z2 = -z1.detach();
  const at::Tensor loss = debiased(z1, z2, {.temperature = 0.01});
  loss.backward();
  const double want =
      debiased(z1.detach().to(torch::kFloat64), z2.to(torch::kFloat64), {.temperature = 0.01}).item<double>();
  EXPECT_NEAR(loss.item<double>(), want, 1e-3 * want);
  EXPECT_TRUE(torch::isfinite(z1.grad()).all().item<bool>());
}

TEST(Debiased, OneInstanceIsZero) {
  at::Tensor z1 = test::random_rows(1, 3, 6).requires_grad_();
  const at::Tensor loss = debiased(z1, test::random_rows(1, 3, 7));
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(z1.grad().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace kindred
