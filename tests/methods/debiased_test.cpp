// SPDX-License-Identifier: Apache-2.0
// The debiased loss over the rows of the step, by loops from eq. 7 and 8 of the paper; three pinned losses; fifty steps that
// learn; the landmark.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double debiased_by_loops(const test::NumberRows& z, double temperature, double tau_plus) {
  const size_t n = z.size() / 2;
  const auto negatives = static_cast<double>(2 * n - 2);
  double total = 0;
  for (size_t i = 0; i < 2 * n; ++i) {
    const size_t partner = (i + n) % (2 * n);
    const double positive = std::exp(test::dot(z[i], z[partner]) / temperature);
    const double sum = test::exp_sum(z, i, temperature, [&](size_t j) { return j != i && j != partner; });
    const double corrected =
        std::max((sum - tau_plus * negatives * positive) / (1 - tau_plus), negatives * std::exp(-1 / temperature));
    total -= std::log(positive / (positive + corrected));
  }
  return total / static_cast<double>(2 * n);
}

TEST(Debiased, LossIsThePapersByLoops) {
  const auto method = test::toy_method("debiased", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_NEAR(output.loss.item<double>(), debiased_by_loops(test::unit_rows(output.z1, output.z2), 0.5, 0.1), 1e-5);
}

TEST(Debiased, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto landmarks = test::toy_method("debiased", 8)->landmarks();
  ASSERT_EQ(landmarks.size(), 1u);
  EXPECT_NEAR(landmarks[0].value, debiased_by_loops(test::NumberRows(16, {0.6, 0.8}), 0.5, 0.1), 1e-12);
}

TEST(Debiased, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{2.4353, 1.79934, 1.41598};
  const auto losses = test::first_three_losses("debiased");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(Debiased, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("debiased", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
