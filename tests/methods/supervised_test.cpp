// SPDX-License-Identifier: Apache-2.0
// Cross-entropy by loops from the method's own weights; unlabelled samples do not count; three pinned losses; steps that
// learn; the landmark.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/data/sample.h"
#include "kindred/methods/registry.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double cross_entropy_by_loops(const Method& method, const torch::Tensor& h, const torch::Tensor& labels,
                              double smoothing) {
  const auto parameters = method.named_parameters();
  const auto weight = test::number_rows(parameters["classifier.weight"]), rows = test::number_rows(h);
  const auto bias = parameters["classifier.bias"];
  double total = 0, count = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto label = labels[static_cast<int64_t>(i)].item<int64_t>();
    if (label == kNoLabel) continue;
    std::vector<double> logits;
    double sum = 0;
    for (size_t c = 0; c < weight.size(); ++c) {
      logits.push_back(test::dot(weight[c], rows[i]) + bias[static_cast<int64_t>(c)].item<double>());
      sum += std::exp(logits.back());
    }
    for (size_t c = 0; c < weight.size(); ++c) {
      const double target =
          (static_cast<int64_t>(c) == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(weight.size());
      total += target * (std::log(sum) - logits[c]);
    }
    ++count;
  }
  return total / count;
}

TEST(Supervised, LossIsCrossEntropyByLoops) {
  for (const auto& [text, smoothing] : {std::pair{"0", 0.0}, std::pair{"0.2", 0.2}}) {
    const auto method = test::toy_method("supervised", 8, 0, {{"label_smoothing", text}});
    method->train();
    auto batch = test::toy_batch(8, 1);
    batch.labels[2] = kNoLabel;
    const auto output = method->step(batch);
    EXPECT_NEAR(output.loss.item<double>(), cross_entropy_by_loops(*method, output.z1, batch.labels, smoothing), 1e-5);
  }
}

TEST(Supervised, WithoutLabelsTheLossIsZeroWithAPath) {
  const auto method = test::toy_method("supervised", 8);
  method->train();
  auto batch = test::toy_batch(8, 1);
  batch.labels.fill_(kNoLabel);
  const auto loss = method->step(batch).loss;
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_NO_THROW(loss.backward());
}

TEST(Supervised, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through three layers and two updates
  const std::vector<double> stored{1.34257, 0.923728, 0.855302};
  const auto losses = test::first_three_losses("supervised");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Supervised, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("supervised", 0.3);
  EXPECT_LT(run.last_loss, 0.5 * run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_GT(run.last.metrics.at(0).second, 0.8);
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(Supervised, LandmarkIsTheLossOfAnEvenGuess) {
  EXPECT_NEAR(test::toy_method("supervised", 8)->landmarks().at(0).value, std::log(3.0), 1e-12);
  EXPECT_THROW(
      supervised_recipe()->make({.encoder = test::toy_method("simclr", 8)->encoder(), .batch = 8, .classes = 1}),
      InvalidArgument);
}

}  // namespace
}  // namespace kindred
