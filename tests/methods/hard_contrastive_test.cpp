// SPDX-License-Identifier: Apache-2.0
// Both forms over the rows of the step by loops, the negatives sorted and cut; three pinned losses; fifty steps that learn;
// the landmarks.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include <algorithm>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// Rows 0 .. n - 1 of z are queries, the others keys, or with swapped the other way round.
double hard_by_loops(const test::NumberRows& z, size_t keep, double temperature, bool simple, bool swapped) {
  const size_t n = z.size() / 2, q = swapped ? n : 0, k = swapped ? 0 : n;
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    std::vector<double> near;
    for (size_t j = 0; j < n; ++j)
      if (j != i) near.push_back(test::dot(z[q + i], z[k + j]));
    std::sort(near.rbegin(), near.rend());
    near.resize(keep);
    const double positive = test::dot(z[q + i], z[k + i]);
    double sum = simple ? 0 : std::exp(positive / temperature);
    for (const double s : near) sum += simple ? s : std::exp(s / temperature);
    total += simple ? sum - positive : std::log(sum) - positive / temperature;
  }
  return total / static_cast<double>(n);
}

TEST(HardContrastive, LossIsThePapersByLoops) {
  for (const bool simple : {false, true}) {
    const auto method = test::toy_method("hard_contrastive", 8, 0,
                                         {{"loss.form", simple ? "simple" : "softmax"}, {"loss.share", "0.4"}});
    method->train();
    const auto output = method->step(test::toy_batch(8, 2));
    const auto z = test::unit_rows(output.z1, output.z2);  // 0.4 of 7, rounded up: 3
    const double expected = (hard_by_loops(z, 3, 0.3, simple, false) + hard_by_loops(z, 3, 0.3, simple, true)) / 2;
    EXPECT_NEAR(output.loss.item<double>(), expected, 1e-5) << simple;
  }
}

TEST(HardContrastive, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const test::NumberRows alike(16, {0.6, 0.8});
  const auto value = [](const test::Settings& settings) {
    return test::toy_method("hard_contrastive", 8, 0, settings)->landmarks().at(0).value;
  };
  EXPECT_NEAR(value({}), hard_by_loops(alike, 7, 0.3, false, false), 1e-12);  // ties: all are kept
  EXPECT_NEAR(value({{"loss.ties", "lowest_index"}}), hard_by_loops(alike, 1, 0.3, false, false), 1e-12);
  EXPECT_NEAR(value({{"loss.form", "simple"}}), hard_by_loops(alike, 7, 0.3, true, false), 1e-12);
  EXPECT_NEAR(value({{"loss.ties", "lowest_index"}, {"loss.count", "4"}}), hard_by_loops(alike, 4, 0.3, false, false),
              1e-12);
}

TEST(HardContrastive, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{1.8169, 1.63942, 0.828226};
  const auto losses = test::first_three_losses("hard_contrastive");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(HardContrastive, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("hard_contrastive", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
