// SPDX-License-Identifier: Apache-2.0
// Two-way InfoNCE of the two parts by loops; each encoder sees its own channels only; three views, core and full graph;
// one encoder is refused; three pinned losses; steps that learn.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/split_encoder.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double two_way_by_loops(const test::NumberRows& z, double temperature) {
  const size_t n = z.size() / 2;
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    const double positive = test::dot(z[i], z[n + i]) / temperature;
    total += std::log(test::exp_sum(z, i, temperature, [&](size_t j) { return j >= n; })) - positive;
    total += std::log(test::exp_sum(z, n + i, temperature, [&](size_t j) { return j < n; })) - positive;
  }
  return total / static_cast<double>(n);
}

TEST(Cmc, LossIsThePapersByLoops) {
  const auto method = test::toy_method("cmc", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 1));
  EXPECT_NEAR(output.loss.item<double>(), two_way_by_loops(test::unit_rows(output.z1, output.z2), 0.07), 1e-4);
}

TEST(Cmc, EachEncoderSeesItsOwnChannels) {
  const auto method = test::toy_method("cmc", 8);
  method->train();
  auto batch = test::toy_batch(8, 1);
  const auto before = method->step(batch);
  batch.views[0].narrow(1, 3, 3).add_(torch::arange(3, torch::kFloat) * batch.views[0].narrow(1, 3, 3));
  const auto after = method->step(batch);
  EXPECT_TRUE(torch::equal(before.z1, after.z1));
  EXPECT_FALSE(torch::allclose(before.z2, after.z2));
}

MethodPtr three_views(const char* graph) {
  const auto encoder_recipe = find_encoder("mlp").recipe();
  const Preprocess preprocess{.modality = "vector", .features = 6, .parts = {2, 2, 2}};
  const auto encoder = encoder_for(*encoder_recipe, preprocess);
  init_weights(*encoder, 1);
  const auto recipe = cmc_recipe();
  Config config;
  config.set("loss.graph", graph, "test");
  config.apply(recipe->fields());
  return recipe->make({.encoder = encoder, .seed = 5, .batch = 8, .input_shape = {6}});
}

TEST(Cmc, LandmarksCountThePairsOfViews) {
  EXPECT_NEAR(test::toy_method("cmc", 8)->landmarks().at(0).value,
              two_way_by_loops(test::NumberRows(16, {0.6, 0.8}), 0.07), 1e-12);
  EXPECT_NEAR(three_views("full")->landmarks().at(0).value, 3 * 2 * std::log(8.0), 1e-12);
  EXPECT_NEAR(three_views("core")->landmarks().at(0).value, 2 * 2 * std::log(8.0), 1e-12);
}

// At the start the loss of random rows at a small temperature is large; the full graph has one pair more.
TEST(Cmc, MoreViewsMorePairs) {
  const auto full = three_views("full"), core = three_views("core");
  full->train();
  core->train();
  const auto batch = test::toy_batch(8, 1);
  EXPECT_GT(full->step(batch).loss.item<double>(), core->step(batch).loss.item<double>() + 0.5);
}

TEST(Cmc, OneEncoderIsRefused) {
  const auto encoder = test::toy_method("simclr", 8)->encoder();
  try {
    cmc_recipe()->make({.encoder = encoder, .batch = 8, .input_shape = {6}});
    FAIL() << "expected InvalidArgument";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("views.channels"));
  }
}

TEST(Cmc, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-3;  // float32 through two updates; 1 / t is 14
  const std::vector<double> stored{9.61193, 9.4637, 7.83623};
  const auto losses = test::first_three_losses("cmc");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Cmc, StepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("cmc", 0.05, 100, {{"loss.temperature", "0.3"}});
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
