// SPDX-License-Identifier: Apache-2.0
// Proves: evaluation mode and no gradients inside, and every module back in its own mode afterwards, also after a throw.
#include "kindred/nn/eval_guard.h"

#include <gtest/gtest.h>

#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(EvalGuard, RestoresEveryModule) {
  const auto encoder = test::make_encoder("resnet18", {3, 8, 8});
  encoder->named_modules()["layer1.0.bn1"]->eval();  // a frozen norm inside a training network
  encoder->named_modules()["layer2"]->eval();
  encoder->named_modules()["layer2.0.conv1"]->train();
  const auto modes = [&] {
    std::vector<bool> out;
    for (const auto& module : encoder->modules()) out.push_back(module->is_training());
    return out;
  };
  const auto before = modes();
  try {
    const EvalGuard guard(*encoder);
    for (const bool training : modes()) EXPECT_FALSE(training);
    EXPECT_FALSE(encoder->forward(test::normal_tensor({1, 3, 8, 8}, 1)).requires_grad());
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(modes(), before);
  EXPECT_TRUE(encoder->forward(test::normal_tensor({2, 3, 8, 8}, 1)).requires_grad());
}

}  // namespace
}  // namespace kindred
