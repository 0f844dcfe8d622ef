// SPDX-License-Identifier: Apache-2.0
// Proves: SGD in all its forms equals LibTorch's own over 20 steps with a changing rate. Out of scope: state (optimizer_test).
#include <gtest/gtest.h>
#include <torch/optim/sgd.h>

#include "kindred/core/error.h"
#include "tests/optim/fixture.h"

namespace kindred {
namespace {

struct SgdSetting {
  double momentum;
  bool nesterov;
  double weight_decay;
};

void compare(const SgdSetting& setting, at::ScalarType dtype, double tolerance) {
  const auto ours = test::three_parameters(dtype), theirs = test::three_parameters(dtype);
  const OptimizerOptions options{.name = "sgd", .momentum = setting.momentum, .nesterov = setting.nesterov};
  const auto optimizer = make_optimizer(options, {test::group_of(ours, setting.weight_decay)}, 0.1);
  torch::optim::SGD reference(theirs, torch::optim::SGDOptions(0.1)
                                          .momentum(setting.momentum)
                                          .nesterov(setting.nesterov)
                                          .weight_decay(setting.weight_decay));
  for (int64_t step = 0; step < 20; ++step) {
    const double lr = 0.1 / static_cast<double>(1 + step);
    static_cast<torch::optim::SGDOptions&>(reference.param_groups()[0].options()).lr(lr);
    test::set_gradients(ours, step);
    test::set_gradients(theirs, step);
    optimizer->step(lr);
    reference.step();
  }
  for (size_t i = 0; i < ours.size(); ++i)
    EXPECT_LT(test::relative_difference(ours[i], theirs[i]), tolerance) << "p" << i;
}

TEST(Sgd, EqualsLibtorch) {
  for (const auto& setting : {SgdSetting{0, false, 0}, SgdSetting{0, false, 0.1}, SgdSetting{0.9, false, 0},
                              SgdSetting{0.9, false, 0.01}, SgdSetting{0.9, true, 0.01}, SgdSetting{0.5, true, 0}}) {
    SCOPED_TRACE(
        concat("momentum ", setting.momentum, " nesterov ", setting.nesterov, " decay ", setting.weight_decay));
    compare(setting, at::kDouble, 1e-14);  // rounding of 20 steps
    compare(setting, at::kFloat, 2e-6);
  }
}

TEST(Sgd, RefusesNesterovWithoutMomentum) {
  EXPECT_THROW(make_optimizer({.name = "sgd", .momentum = 0, .nesterov = true}, {}, 0.1), InvalidArgument);
}

}  // namespace
}  // namespace kindred
