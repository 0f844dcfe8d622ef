// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; other powers and their gradient; the limits (equal rows, one row).
#include "kindred/losses/align_uniform.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(AlignUniform, SharedVectors) {
  test::expect_vector("align_uniform.json", "uniformity_t2",
                      [](const test::Tensors& x) { return uniformity(x.at("x"), 2); });
  test::expect_vector("align_uniform.json", "alignment_alpha2",
                      [](const test::Tensors& x) { return alignment(x.at("x"), x.at("y"), 2); });
  test::expect_vector("align_uniform.json", "lightly_t1",
                      [](const test::Tensors& x) { return align_uniform(x.at("x"), x.at("y"), {.t = 1}); });
}

TEST(AlignUniform, OtherPowers) {
  const at::Tensor x = test::random_rows(5, 3, 1), y = test::random_rows(5, 3, 2);
  const auto a = test::rows_of(x), b = test::rows_of(y);
  for (const double alpha : {1.0, 3.0}) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i)
      sum += std::pow(test::distance(test::unit(a[i]), test::unit(b[i])), alpha) / 5;
    EXPECT_NEAR(alignment(x, y, alpha).item<double>(), sum, 1e-12);
    test::expect_gradients([alpha](const std::vector<at::Tensor>& in) { return alignment(in[0], in[1], alpha); },
                           {x, y}, "alignment");
  }
}

TEST(AlignUniform, Limits) {
  const at::Tensor same = torch::ones({4, 3}, torch::kFloat64);
  EXPECT_NEAR(align_uniform(same, same).item<double>(), 0, 1e-12);  // no spread at all: ln 1
  at::Tensor one = test::random_rows(1, 3, 3).requires_grad_();
  const at::Tensor loss = uniformity(one);
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(one.grad().abs().max().item<double>(), 0);
  // Four rows a quarter turn apart: four pairs at squared distance 2, two at 4.
  const at::Tensor cross = torch::tensor({{1.0, 0.0}, {0.0, 1.0}, {-1.0, 0.0}, {0.0, -1.0}}, torch::kFloat64);
  EXPECT_NEAR(uniformity(cross, 2).item<double>(), std::log((4 * std::exp(-4.0) + 2 * std::exp(-8.0)) / 6), 1e-12);
  const at::Tensor touching = torch::cat({one.detach(), 2 * one.detach()}).requires_grad_();
  alignment(touching, touching.detach(), 1).backward();
  EXPECT_EQ(touching.grad().abs().max().item<double>(), 0);  // |x - y| has slope 0 at 0
}

}  // namespace
}  // namespace kindred
