// SPDX-License-Identifier: Apache-2.0
// The loss over the rows of the step by loops from eq. 1 and 2; three pinned losses; fifty steps that learn; the landmark.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kindred/eval/collapse.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// Columns at mean 0 and variance 1 (biased, 1e-5 under the root).
test::NumberRows standardised(const torch::Tensor& x) {
  auto z = test::number_rows(x);
  const auto n = static_cast<double>(z.size());
  for (size_t j = 0; j < z[0].size(); ++j) {
    double mean = 0, variance = 0;
    for (const auto& row : z) mean += row[j] / n;
    for (const auto& row : z) variance += (row[j] - mean) * (row[j] - mean) / n;
    for (auto& row : z) row[j] = (row[j] - mean) / std::sqrt(variance + 1e-5);
  }
  return z;
}

double barlow_by_loops(const torch::Tensor& first, const torch::Tensor& second) {
  const auto a = standardised(first), b = standardised(second);
  const size_t n = a.size(), d = a[0].size();
  double total = 0;
  for (size_t j = 0; j < d; ++j)
    for (size_t k = 0; k < d; ++k) {
      double c = 0;
      for (size_t i = 0; i < n; ++i) c += a[i][j] * b[i][k] / static_cast<double>(n);
      total += j == k ? (1 - c) * (1 - c) : 0.0051 * c * c;
    }
  return 0.024 * total;
}

TEST(BarlowTwins, LossIsThePapersByLoops) {
  const auto method = test::toy_method("barlow_twins", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_NEAR(output.loss.item<double>(), barlow_by_loops(output.z1, output.z2), 1e-6);
}

// Without the second term nothing keeps the columns apart.
TEST(BarlowTwins, WithoutItsSecondTermColumnsComeToSayTheSame) {
  const auto rank = [](const test::Settings& settings) {
    const auto run = test::toy_run("barlow_twins", 1, 200, settings);
    return collapse_figures(run.last.z1, run.last.z2).effective_rank;
  };
  const double with = rank({{"loss.lambda", "1"}}), without = rank({{"loss.lambda", "0"}});
  EXPECT_LT(without, 0.75 * with) << with << " " << without;
}

TEST(BarlowTwins, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto alike = torch::full({8, 5}, 0.3);
  EXPECT_NEAR(test::toy_method("barlow_twins", 8)->landmarks().at(0).value, barlow_by_loops(alike, alike), 1e-9);
}

TEST(BarlowTwins, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{0.0886192, 0.0614776, 0.00785322};
  const auto losses = test::first_three_losses("barlow_twins");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(BarlowTwins, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("barlow_twins", 3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
