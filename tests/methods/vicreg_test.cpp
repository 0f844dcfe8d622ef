// SPDX-License-Identifier: Apache-2.0
// The three terms over the rows of the step by loops from eq. 1 to 6; three pinned losses; fifty steps that learn; the
// landmark; without its variance term it collapses and the watch says so.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// Rows not normalised; the weights of the paper in the form of the released code.
double vicreg_by_loops(const torch::Tensor& first, const torch::Tensor& second) {
  const test::NumberRows views[]{test::number_rows(first), test::number_rows(second)};
  const size_t n = views[0].size(), d = views[0][0].size();
  const auto count = static_cast<double>(n), width = static_cast<double>(d);
  double invariance = 0, variance = 0, covariance = 0;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < d; ++j) invariance += std::pow(views[0][i][j] - views[1][i][j], 2) / (count * width);
  for (const auto& z : views) {
    std::vector<double> mean(d);
    for (const auto& row : z)
      for (size_t j = 0; j < d; ++j) mean[j] += row[j] / count;
    for (size_t j = 0; j < d; ++j)
      for (size_t k = 0; k < d; ++k) {
        double c = 0;
        for (const auto& row : z) c += (row[j] - mean[j]) * (row[k] - mean[k]) / (count - 1);
        if (j == k) variance += std::max(0.0, 1 - std::sqrt(c + 1e-4)) / width / 2;
        else covariance += c * c / width;
      }
  }
  return 25 * invariance + 25 * variance + covariance;
}

TEST(Vicreg, LossIsThePapersByLoops) {
  const auto method = test::toy_method("vicreg", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_NEAR(output.loss.item<double>(), vicreg_by_loops(output.z1, output.z2), 1e-4);
  const auto rows = test::number_rows(output.z1);
  double deviation = 0;
  for (size_t j = 0; j < 5; ++j) {
    double mean = 0, square = 0;
    for (const auto& row : rows) mean += row[j] / 8;
    for (const auto& row : rows) square += (row[j] - mean) * (row[j] - mean) / 7;
    deviation += std::sqrt(square) / 5;
  }
  EXPECT_EQ(output.metrics.at(0).first, "column_std");
  EXPECT_NEAR(output.metrics.at(0).second, deviation, 1e-5);
}

TEST(Vicreg, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto alike = torch::full({8, 5}, 0.3);
  EXPECT_NEAR(test::toy_method("vicreg", 8)->landmarks().at(0).value, vicreg_by_loops(alike, alike), 1e-9);
  EXPECT_NEAR(test::toy_method("vicreg", 8)->landmarks().at(0).value, 24.75, 1e-9);
  EXPECT_NEAR(test::toy_method("vicreg", 8, 0, {{"loss.convention", "paper"}})->landmarks().at(0).value, 49.5, 1e-9);
}

TEST(Vicreg, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{21.06230, 15.42083, 24.44150};
  const auto losses = test::first_three_losses("vicreg");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(Vicreg, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("vicreg", 0.03);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(Vicreg, WithoutTheVarianceTermItCollapsesAndTheWatchSaysSo) {
  const auto run = test::toy_run("vicreg", 0.1, 200, {{"loss.variance", "0"}});
  EXPECT_THAT(run.warnings, testing::Contains(testing::HasSubstr("all embeddings point the same way")));
}

}  // namespace
}  // namespace kindred
