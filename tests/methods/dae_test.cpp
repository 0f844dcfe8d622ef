// SPDX-License-Identifier: Apache-2.0
// The target is the clean sample and the input the corrupted one; three pinned losses; fifty steps that learn; the
// landmark is the loss of a decoder that always says the mean.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/methods/corruption.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/decoder.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// The decoder's layers run by hand from the method's own weights.
torch::Tensor decoded(const Method& method, const torch::Tensor& h) {
  const auto weights = method.named_parameters();
  auto x = torch::matmul(h, weights["decoder.layers.0.weight"].t());
  x = (x - x.mean(0)) / (x.var(0, false) + 1e-5).sqrt();
  return torch::matmul(x.relu(), weights["decoder.layers.3.weight"].t()) + weights["decoder.layers.3.bias"];
}

TEST(Dae, TheCleanSampleIsTheTarget) {
  const auto method = test::toy_method("dae", 8);
  method->train();
  const auto batch = test::toy_batch(8, 1);
  const auto output = method->step(batch);
  const auto input = corrupted(batch, {}, 100);  // toy_method's seed of the method
  EXPECT_TRUE(torch::allclose(output.z1, method->encoder()->forward(input), 1e-5, 1e-6));
  const auto error = decoded(*method, output.z1) - batch.views[0];
  EXPECT_NEAR(output.loss.item<double>(), error.square().mean().item<double>(), 1e-5);
  EXPECT_FALSE(output.z2.defined());
}

TEST(Dae, ABatchOfOneIsRefused) { EXPECT_THROW(test::toy_method("dae", 1), InvalidArgument); }

TEST(Dae, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  const std::vector<double> stored{1.17465, 1.41388, 4.96918};
  const auto losses = test::first_three_losses("dae");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Dae, StepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("dae", 0.1, 300);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(Dae, LandmarkIsTheVarianceOfTheData) {
  EXPECT_EQ(test::toy_method("dae", 8)->landmarks().at(0).value, 1);
  EXPECT_TRUE(test::toy_method("dae", 8, 0, {{"loss.reduction", "rows"}})->landmarks().empty());
}

}  // namespace
}  // namespace kindred
