// SPDX-License-Identifier: Apache-2.0
// The decoupled loss over the rows of the step by loops; three pinned losses; fifty steps that learn; the landmark.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double dcl_by_loops(const test::NumberRows& z, double temperature) {
  const size_t n = z.size() / 2;
  double total = 0;
  for (size_t i = 0; i < 2 * n; ++i) {
    const size_t partner = (i + n) % (2 * n);
    total += std::log(test::exp_sum(z, i, temperature, [&](size_t j) { return j != i && j != partner; }));
    total -= test::dot(z[i], z[partner]) / temperature;
  }
  return total / static_cast<double>(2 * n);
}

TEST(Dcl, LossIsThePapersByLoops) {
  const auto method = test::toy_method("dcl", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_NEAR(output.loss.item<double>(), dcl_by_loops(test::unit_rows(output.z1, output.z2), 0.1), 1e-5);
}

TEST(Dcl, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  for (const char* weighting : {"none", "von_mises"}) {
    const auto landmarks = test::toy_method("dcl", 8, 0, {{"loss.weighting", weighting}})->landmarks();
    ASSERT_EQ(landmarks.size(), 1u);
    EXPECT_NEAR(landmarks[0].value, dcl_by_loops(test::NumberRows(16, {0.6, 0.8}), 0.1), 1e-12);
  }
}

TEST(Dcl, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{4.77549, 3.70188, 0.353808};
  const auto losses = test::first_three_losses("dcl");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(Dcl, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("dcl", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
