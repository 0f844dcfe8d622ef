// SPDX-License-Identifier: Apache-2.0
// Proves: AdamW equals LibTorch's own over 20 steps with a changing rate, and its bias correction counts the updates of
// each parameter on its own.
#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/optim/fixture.h"

namespace kindred {
namespace {

struct AdamWSetting {
  double beta1, beta2, eps, weight_decay;
};

void compare(const AdamWSetting& setting, at::ScalarType dtype, double tolerance) {
  const auto ours = test::three_parameters(dtype), theirs = test::three_parameters(dtype);
  const OptimizerOptions options{.name = "adamw", .beta1 = setting.beta1, .beta2 = setting.beta2, .eps = setting.eps};
  const auto optimizer = make_optimizer(options, {test::group_of(ours, setting.weight_decay)}, 0.1);
  torch::optim::AdamW reference(theirs, torch::optim::AdamWOptions(0.1)
                                            .betas({setting.beta1, setting.beta2})
                                            .eps(setting.eps)
                                            .weight_decay(setting.weight_decay));
  for (int64_t step = 0; step < 20; ++step) {
    const double lr = 0.1 / static_cast<double>(1 + step);
    static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[0].options()).lr(lr);
    test::set_gradients(ours, step);
    test::set_gradients(theirs, step);
    // One parameter misses every third step: neither side may move or count it.
    if (step % 3 == 1) ours[1].mutable_grad().reset(), theirs[1].mutable_grad().reset();
    optimizer->step(lr);
    reference.step();
  }
  for (size_t i = 0; i < ours.size(); ++i)
    EXPECT_LT(test::relative_difference(ours[i], theirs[i]), tolerance) << "p" << i;
}

TEST(AdamW, EqualsLibtorch) {
  for (const auto& setting : {AdamWSetting{0.9, 0.999, 1e-8, 0}, AdamWSetting{0.9, 0.999, 1e-8, 0.1},
                              AdamWSetting{0.5, 0.9, 1e-3, 0.01}, AdamWSetting{0, 0.99, 1e-6, 0}}) {
    SCOPED_TRACE(
        concat("betas ", setting.beta1, " ", setting.beta2, " eps ", setting.eps, " decay ", setting.weight_decay));
    compare(setting, at::kDouble, 1e-13);  // rounding of 20 steps
    compare(setting, at::kFloat, 1e-5);
  }
}

// First step by hand: m / sqrt(v) = sign(g) after both corrections, so each element moves by lr against its gradient.
TEST(AdamW, FirstStepMovesEveryElementByTheRate) {
  auto p = torch::tensor({1.0, -2.0, 3.0}, torch::kFloat64).requires_grad_(true);
  p.mutable_grad() = torch::tensor({0.5, -4.0, 1e-3}, torch::kFloat64);
  make_optimizer({.name = "adamw", .eps = 0}, {test::group_of({p}, 0)}, 0.1)->step(0.1);
  const std::vector<double> expected = {0.9, -1.9, 2.9};
  for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(p[i].item<double>(), expected[static_cast<size_t>(i)], 1e-14);
}

}  // namespace
}  // namespace kindred
