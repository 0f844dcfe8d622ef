// SPDX-License-Identifier: Apache-2.0
// Value and gradients in one call: against closed forms; names; vectors; that the inputs stay as they are.
#include "kindred/losses/gradients.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "tests/losses/registry_inputs.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(Gradients, OfTheSquaredErrorAreKnown) {
  const at::Tensor x = test::random_rows(5, 3, 1), y = test::random_rows(5, 3, 2);
  const auto recipe = find_loss("mse").recipe();
  const auto got = loss_gradients(*recipe, {.views = {x}, .targets = {y}});
  EXPECT_NEAR(got.value.item<double>(), (x - y).square().mean().item<double>(), 1e-12);
  ASSERT_EQ(got.gradients.size(), 1u);
  EXPECT_TRUE(torch::allclose(got.gradients[0], 2 * (x - y) / 15, 1e-12, 1e-14));
  EXPECT_FALSE(got.value.requires_grad());
  EXPECT_FALSE(x.requires_grad());
}

TEST(Gradients, ReachTheTrainedInputsInOrder) {
  LossInputs in = test::case_inputs("siglip", 4, 3, 1);
  in.logit_scale = torch::tensor(2.0, torch::kFloat64);
  in.bias = torch::tensor(-1.0, torch::kFloat64);
  EXPECT_THAT(trained_names(in), testing::ElementsAre("view 1", "view 2", "logit_scale", "bias"));
  const auto got = loss_gradients(*find_loss("siglip").recipe(), in);
  ASSERT_EQ(got.gradients.size(), 4u);
  // The slope in the bias by a difference.
  const auto value_at = [&](double bias) {
    LossInputs moved = in;
    moved.bias = torch::tensor(bias, torch::kFloat64);
    return loss_gradients(*find_loss("siglip").recipe(), moved).value.item<double>();
  };
  EXPECT_NEAR(got.gradients[3].item<double>(), (value_at(-1 + 1e-5) - value_at(-1 - 1e-5)) / 2e-5, 1e-7);
}

TEST(Gradients, AVectorIsSummed) {
  const LossInputs in = test::case_inputs("triplet", 6, 3, 1);
  const auto with = [&](const char* reduction) {
    const auto recipe = find_loss("triplet").recipe();
    *std::get<std::string*>(find_field(recipe->fields(), "reduction")->value) = reduction;
    return loss_gradients(*recipe, in);
  };
  const auto each = with("none"), sum = with("sum");
  EXPECT_GT(each.value.numel(), 1);
  EXPECT_NEAR(each.value.sum().item<double>(), sum.value.item<double>(), 1e-10);
  EXPECT_TRUE(torch::allclose(each.gradients[0], sum.gradients[0], 1e-10, 1e-12));
}

TEST(Gradients, OfAnInputThatIsNotReadAreZero) {
  LossInputs in = test::case_inputs("mse", 4, 3, 1);
  in.bias = torch::tensor(1.0, torch::kFloat64);
  EXPECT_EQ(loss_gradients(*find_loss("mse").recipe(), in).gradients.at(1).item<double>(), 0);
}

}  // namespace
}  // namespace kindred
