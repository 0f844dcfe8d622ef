// SPDX-License-Identifier: Apache-2.0
// The default, all triplets, by loops; every loss that reads labels makes a step and reaches every weight; loss.name
// decides which options there are; the landmark by loops; three pinned losses; steps that learn.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/registry.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double row_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// FaceNet's hinge, the mean over all triplets.
double triplets_by_loops(const torch::Tensor& x, const torch::Tensor& labels) {
  const auto z = test::unit_rows(x, x.narrow(0, 0, 0));
  const auto* y = labels.data_ptr<int64_t>();
  double total = 0, count = 0;
  for (size_t a = 0; a < z.size(); ++a)
    for (size_t p = 0; p < z.size(); ++p)
      for (size_t n = 0; n < z.size(); ++n) {
        if (p == a || y[p] != y[a] || y[n] == y[a]) continue;
        total += std::max(0.0, row_distance(z[a], z[p]) - row_distance(z[a], z[n]) + 0.2);
        ++count;
      }
  return total / count;
}

TEST(Metric, LossIsFaceNetsByLoops) {
  const auto method = test::toy_method("metric", 8);
  method->train();
  const auto batch = test::toy_batch(8, 1);
  const auto output = method->step(batch);
  EXPECT_NEAR(output.loss.item<double>(), triplets_by_loops(output.z1, batch.labels), 1e-5);
}

TEST(Metric, EveryLossThatReadsLabelsTrains) {
  int64_t losses = 0;
  for (const auto& row : loss_rows()) {
    if (row.needs.find("labels") == std::string_view::npos) continue;
    ++losses;
    const auto method = test::toy_method("metric", 12, 0, {{"loss.name", std::string(row.name)}});
    method->train();
    const auto output = method->step(test::toy_batch(12, 1));
    EXPECT_TRUE(std::isfinite(output.loss.item<double>())) << row.name;
    output.loss.backward();
    int64_t proxies = 0;
    for (const auto& group : method->parameter_groups({}))
      for (const auto& [name, parameter] : group.parameters) {
        EXPECT_TRUE(parameter.grad().defined()) << row.name << " " << name;
        proxies += name == "proxies" ? parameter.size(0) : 0;
      }
    EXPECT_EQ(proxies, row.needs.find("prototypes") == std::string_view::npos ? 0 : 3) << row.name;
  }
  EXPECT_GE(losses, 10);
}

TEST(Metric, TheLossDecidesWhichOptionsThereAre) {
  const auto recipe = metric_recipe();
  EXPECT_NE(find_field(recipe->fields(), "loss.margin"), nullptr);
  EXPECT_EQ(find_field(recipe->fields(), "loss.gamma"), nullptr);
  Config config;
  config.set("loss.name", "circle", "test");
  config.apply(recipe->fields());
  EXPECT_NE(find_field(recipe->fields(), "loss.gamma"), nullptr);
  config.set("loss.name", "vicreg", "test");
  EXPECT_THROW(config.apply(recipe->fields()), InvalidArgument);
}

TEST(Metric, MinerAndDistanceAreOptions) {
  const auto loss = [](const test::Settings& settings) {
    const auto method = test::toy_method("metric", 12, 0, settings);
    method->train();
    return method->step(test::toy_batch(12, 1)).loss.item<double>();
  };
  EXPECT_GT(loss({{"loss.miner.kind", "hard"}}), loss({}));  // the hardest triplets are worse than the average one
  EXPECT_NE(loss({{"loss.distance", "euclidean"}}), loss({}));
}

TEST(Metric, ProxiesHaveTheirOwnRate) {
  const auto method = test::toy_method("metric", 12, 0, {{"loss.name", "proxy_anchor"}, {"proxies.lr_factor", "100"}});
  const auto groups = method->parameter_groups({});
  EXPECT_EQ(groups.back().name, "proxies");
  EXPECT_EQ(groups.back().lr_factor, 100);
  for (size_t i = 0; i + 1 < groups.size(); ++i)
    for (const auto& [name, parameter] : groups[i].parameters) EXPECT_NE(name, "proxies");
}

TEST(Metric, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto landmarks = test::toy_method("metric", 12)->landmarks();
  ASSERT_EQ(landmarks.size(), 1u);
  EXPECT_NEAR(landmarks[0].value, 0.2, 1e-6);  // both distances are 0: the margin is left
  EXPECT_NEAR(test::toy_method("metric", 12, 0, {{"loss.name", "sup_con"}})->landmarks().at(0).value, std::log(11.0),
              1e-5);
  EXPECT_TRUE(test::toy_method("metric", 12, 0, {{"loss.name", "proxy_nca"}})->landmarks().empty());
}

TEST(Metric, OneClassIsRefused) {
  const auto recipe = metric_recipe();
  recipe->fields();
  EXPECT_THROW(recipe->make({.encoder = test::toy_method("simclr", 8)->encoder(), .batch = 8, .classes = 1}),
               InvalidArgument);
}

TEST(Metric, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  const std::vector<double> stored{0.308447, 0, 0.0240239};
  const auto losses = test::first_three_losses("metric");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Metric, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("metric", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
