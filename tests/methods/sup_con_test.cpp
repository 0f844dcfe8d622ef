// SPDX-License-Identifier: Apache-2.0
// SupCon over the rows of the step by loops from eq. 2; three pinned losses; fifty steps that learn; the landmark.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// labels: of the rows of each view.
double sup_con_by_loops(const test::NumberRows& z, const std::vector<int64_t>& labels, double temperature) {
  const size_t n = labels.size();
  double total = 0;
  for (size_t i = 0; i < 2 * n; ++i) {
    const double denominator = std::log(test::exp_sum(z, i, temperature, [&](size_t j) { return j != i; }));
    double sum = 0, positives = 0;
    for (size_t p = 0; p < 2 * n; ++p) {
      if (p == i || labels[p % n] != labels[i % n]) continue;
      sum += denominator - test::dot(z[i], z[p]) / temperature;
      ++positives;
    }
    total += sum / positives;
  }
  return total / static_cast<double>(2 * n);
}

std::vector<int64_t> label_list(const Batch& batch) {
  return {batch.labels.data_ptr<int64_t>(), batch.labels.data_ptr<int64_t>() + batch.labels.numel()};
}

TEST(SupCon, LossIsThePapersByLoops) {
  const auto method = test::toy_method("sup_con", 8);
  method->train();
  const auto batch = test::toy_batch(8, 2);
  const auto output = method->step(batch);
  EXPECT_NEAR(output.loss.item<double>(),
              sup_con_by_loops(test::unit_rows(output.z1, output.z2), label_list(batch), 0.1), 1e-5);
}

TEST(SupCon, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto labels = label_list(test::toy_batch(8, 1));
  const double expected = sup_con_by_loops(test::NumberRows(16, {0.6, 0.8}), labels, 0.1);
  EXPECT_NEAR(test::toy_method("sup_con", 8)->landmarks().at(0).value, expected, 1e-12);
  EXPECT_NEAR(test::toy_method("sup_con", 8, 0, {{"loss.base_temperature", "0.05"}})->landmarks().at(0).value,
              2 * expected, 1e-12);
}

TEST(SupCon, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{2.41605, 2.32623, 1.6654};
  const auto losses = test::first_three_losses("sup_con");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(SupCon, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("sup_con", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
