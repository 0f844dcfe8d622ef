// SPDX-License-Identifier: Apache-2.0
// With all labels it is sup_con, with none NT-Xent, both in numbers; half of them are hidden by sample, not by step; three
// pinned losses; fifty steps that learn.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/data/sample.h"
#include "kindred/losses/nt_xent.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

TEST(SemiSup, WithAllLabelsItIsSupCon) {
  const auto semi = test::toy_method("semi_sup", 8), full = test::toy_method("sup_con", 8);
  semi->train();
  full->train();
  const auto batch = test::toy_batch(8, 2);
  EXPECT_EQ(semi->step(batch).loss.item<double>(), full->step(batch).loss.item<double>());
}

TEST(SemiSup, WithoutLabelsItIsNtXent) {
  const auto hidden = test::toy_method("semi_sup", 8, 0, {{"label_share", "0"}}),
             bare = test::toy_method("semi_sup", 8);
  hidden->train();
  bare->train();
  auto batch = test::toy_batch(8, 2);
  const auto output = hidden->step(batch);
  EXPECT_NEAR(output.loss.item<double>(), nt_xent(output.z1, output.z2, {.temperature = 0.1}).item<double>(), 1e-5);
  EXPECT_EQ(output.metrics.at(0).second, 0);
  batch.labels.fill_(kNoLabel);
  EXPECT_EQ(bare->step(batch).loss.item<double>(), output.loss.item<double>());
}

TEST(SemiSup, TheSameLabelsAreHiddenInEveryStep) {
  const auto method = test::toy_method("semi_sup", 400, 0, {{"label_share", "0.25"}});
  method->train();
  const double share = method->step(test::toy_batch(400, 2)).metrics.at(0).second;
  EXPECT_NEAR(share, 0.25, 0.07);
  auto later = test::toy_batch(400, 2, 0.3, 5);
  later.epoch = 3;
  later.ids = test::toy_batch(400, 2).ids;  // the same samples
  EXPECT_EQ(method->step(later).metrics.at(0).second, share);
}

TEST(SemiSup, HiddenLabelsStayHiddenFromTheSampler) {
  const auto made = [](double share, const std::string& reader) {
    const auto recipe = find_method("semi_sup").recipe();
    Config config;
    config.set("label_share", concat(share), "test");
    config.apply(recipe->fields());
    const auto encoder = find_encoder("mlp").recipe()->make({6});
    return recipe->make({.encoder = encoder, .batch = 8, .label_reader = reader});
  };
  EXPECT_NO_THROW(made(1, "loader.per_class = 4"));
  EXPECT_NO_THROW(made(0.1, ""));
  try {
    made(0.1, "loader.per_class = 4");
    FAIL() << "expected InvalidArgument";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("label_share = 1 beside loader.per_class = 4"));
  }
}

TEST(SemiSup, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates, of a value of this size
  const std::vector<double> stored{2.41605, 2.32623, 1.6654};
  const auto losses = test::first_three_losses("semi_sup");
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(losses[i], stored[i], kTolerance * std::max(1.0, std::abs(stored[i]))) << i;
}

TEST(SemiSup, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("semi_sup", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(SemiSup, LandmarkIsThatOfSupCon) {
  EXPECT_NEAR(test::toy_method("semi_sup", 8)->landmarks().at(0).value, std::log(15.0), 1e-12);
}

}  // namespace
}  // namespace kindred
