// SPDX-License-Identifier: Apache-2.0
// Both terms over the rows of the step by loops; three pinned losses; fifty steps that learn; without uniformity it
// collapses and the watch says so.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double squared_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

double align_uniform_by_loops(const test::NumberRows& z) {
  const size_t n = z.size() / 2;
  double align = 0, uniform = 0;
  for (size_t i = 0; i < n; ++i) align += squared_distance(z[i], z[n + i]) / static_cast<double>(n);
  for (const size_t view : {size_t{0}, n}) {
    double sum = 0, pairs = 0;
    for (size_t i = 0; i < n; ++i)
      for (size_t j = i + 1; j < n; ++j, ++pairs) sum += std::exp(-2 * squared_distance(z[view + i], z[view + j]));
    uniform += std::log(sum / pairs) / 2;
  }
  return align + uniform;
}

TEST(AlignUniform, LossIsThePapersByLoops) {
  const auto method = test::toy_method("align_uniform", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_NEAR(output.loss.item<double>(), align_uniform_by_loops(test::unit_rows(output.z1, output.z2)), 1e-5);
}

TEST(AlignUniform, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  EXPECT_NEAR(test::toy_method("align_uniform", 8)->landmarks().at(0).value,
              align_uniform_by_loops(test::NumberRows(16, {0.6, 0.8})), 1e-12);
}

TEST(AlignUniform, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{-1.43964, -1.36349, -1.78874};
  const auto losses = test::first_three_losses("align_uniform");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(AlignUniform, StepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("align_uniform", 0.3, 300);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(AlignUniform, WithoutUniformityItCollapsesAndTheWatchSaysSo) {
  const test::Settings alone{{"loss.lambda", "0"}, {"head.last_batch_norm", "false"}};
  const auto run = test::toy_run("align_uniform", 0.3, 200, alone);
  EXPECT_THAT(run.warnings, testing::Contains(testing::HasSubstr("all embeddings point the same way")));
}

}  // namespace
}  // namespace kindred
