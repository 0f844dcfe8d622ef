// SPDX-License-Identifier: Apache-2.0
// Each corruption draws from the stream of its row and epoch only, and changes as many numbers, as far, as it says.
#include "kindred/methods/corruption.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

Batch wide_batch(int64_t samples, int64_t features) {
  Batch batch;
  batch.views.push_back(torch::ones({samples, features}));
  batch.views[0].select(1, 0).fill_(-2);
  batch.ids = torch::arange(samples, torch::kLong) + 70;
  return batch;
}

TEST(Corruption, GaussianNoiseHasItsDeviation) {
  const auto batch = wide_batch(20, 2000);
  const auto noise = corrupted(batch, {.kind = "gaussian", .sigma = 0.5}, 3) - batch.views[0];
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.01);  // 0.5 / sqrt(40000) is 0.0025
  EXPECT_NEAR(noise.std().item<double>(), 0.5, 0.01);
  EXPECT_TRUE(torch::equal(corrupted(batch, {.sigma = 0}, 3), batch.views[0]));
}

TEST(Corruption, MaskAndSaltAndPepperChangeTheirShare) {
  const auto batch = wide_batch(20, 2000);
  const auto masked = corrupted(batch, {.kind = "mask", .share = 0.3}, 3);
  EXPECT_NEAR(masked.eq(0).to(torch::kDouble).mean().item<double>(), 0.3, 0.01);
  EXPECT_TRUE(masked.eq(0).logical_or(masked.eq(batch.views[0])).all().item<bool>());
  const auto spotted = corrupted(batch, {.kind = "salt_pepper", .share = 0.3}, 3);
  const auto ones = batch.views[0].eq(1);  // half of the drawn ones become the largest number, which they are already
  EXPECT_NEAR(spotted.masked_select(ones).eq(-2).to(torch::kDouble).mean().item<double>(), 0.15, 0.01);
}

TEST(Corruption, AnotherAppearanceOfASampleDrawsAnew) {
  auto batch = wide_batch(2, 50);
  batch.views[0].copy_(batch.views[0][0].expand({2, 50}));
  batch.ids.fill_(70);
  const auto one_name = corrupted(batch, {}, 3);
  EXPECT_TRUE(torch::equal(one_name[0], one_name[1]));
  batch.streams = torch::tensor({70, 71}, torch::kLong);
  const auto two_names = corrupted(batch, {}, 3);
  EXPECT_TRUE(torch::equal(one_name[0], two_names[0]));
  EXPECT_FALSE(torch::equal(two_names[0], two_names[1]));
  EXPECT_FALSE(torch::equal(random_patches(batch, 64, 0.5, 3)[0], random_patches(batch, 64, 0.5, 3)[1]));
}

TEST(Corruption, DependsOnSampleAndEpochOnly) {
  auto batch = wide_batch(6, 10);
  const CorruptionOptions options{.kind = "gaussian"};
  const auto all = corrupted(batch, options, 3);
  Batch part;
  part.views.push_back(batch.views[0].narrow(0, 4, 1).clone());
  part.ids = batch.ids.narrow(0, 4, 1).clone();
  part.index = 9;
  EXPECT_TRUE(torch::equal(corrupted(part, options, 3)[0], all[4]));
  EXPECT_FALSE(torch::equal(all[4] - batch.views[0][4], all[5] - batch.views[0][5]));
  EXPECT_FALSE(torch::equal(corrupted(batch, options, 4), all));
  batch.epoch = 1;
  EXPECT_FALSE(torch::equal(corrupted(batch, options, 3), all));
}

TEST(Corruption, PatchesAreCountedAndSpread) {
  const auto batch = wide_batch(400, 3);
  const auto mask = random_patches(batch, 8, 0.75, 3);
  EXPECT_TRUE(mask.sum(1).eq(6).all().item<bool>());
  const auto each = mask.to(torch::kDouble).mean(0);  // 0.75 each, deviation 0.02
  EXPECT_TRUE((each - 0.75).abs().lt(0.1).all().item<bool>()) << each;
  EXPECT_TRUE(torch::equal(random_patches(batch, 8, 0.75, 3), mask));
  EXPECT_FALSE(torch::equal(random_patches(batch, 8, 0.75, 4), mask));
  EXPECT_TRUE(random_patches(batch, 8, 1, 3).all().item<bool>());
}

}  // namespace
}  // namespace kindred
