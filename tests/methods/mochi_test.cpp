// SPDX-License-Identifier: Apache-2.0
// MoCHi: that its steps are MoCo's while it warms up and have mixtures below the line afterwards, other ones at each step;
// pinned losses; the landmark; what it learns. The loss itself: tests/losses/mochi_test.cpp. Teacher: moco_test.cpp.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/losses/info_nce.h"
#include "kindred/methods/method.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::toy_batch;
using test::toy_method;

double moco_loss(const StepOutput& output, const torch::Tensor& queue) {
  return info_nce_queue(output.z1, output.z2, queue, {.temperature = 0.2}).item<double>();
}

TEST(Mochi, MixesAfterTheWarmUp) {
  const auto method = test::toy_with("mochi", 8, {"warmup=0.02"});  // 2 of 100 steps
  method->train();
  for (int64_t step = 0; step < 4; ++step) {
    const auto queue = test::buffer_of(*method, "queue.rows").clone();
    const auto output = method->step(toy_batch(8, 2, 0.3, static_cast<uint64_t>(step)));
    if (step < 2) EXPECT_NEAR(output.loss.item<double>(), moco_loss(output, queue), 1e-5) << step;
    else EXPECT_GT(output.loss.item<double>(), moco_loss(output, queue) + 0.5) << step;
    method->after_optimizer_step(step);
  }
}

TEST(Mochi, EveryStepMixesAnew) {
  const auto loss_at = [](int64_t steps) {
    const auto method = test::toy_with("mochi", 8, {"warmup=0", "key_groups=1", "ema.momentum=1"});
    method->train();
    method->after_optimizer_step(steps - 1);
    return method->step(toy_batch(8, 2)).loss.item<double>();
  };
  EXPECT_EQ(loss_at(1), loss_at(1));
  EXPECT_NE(loss_at(1), loss_at(2));
}

TEST(Mochi, SymmetricIsTheMeanOfBothDirections) {
  const auto both = test::toy_with("mochi", 8, {"symmetric=true", "warmup=1", "key_groups=1"}),
             first = test::toy_with("mochi", 8, {"warmup=1", "key_groups=1"}),
             second = test::toy_with("mochi", 8, {"warmup=1", "key_groups=1"});
  for (const auto& method : {both, first, second}) method->train();
  auto batch = toy_batch(8, 2);
  const double mean = both->step(batch).loss.item<double>(), a = first->step(batch).loss.item<double>();
  std::swap(batch.views[0], batch.views[1]);
  EXPECT_NEAR(mean, 0.5 * (a + second->step(batch).loss.item<double>()), 1e-5);
  EXPECT_EQ(test::buffer_of(*both, "queue.ids").slice(0, 0, 16).ge(0).sum().item<int64_t>(), 16);  // keys of both views
}

TEST(Mochi, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  EXPECT_THAT(test::first_three_losses(*test::toy_with("mochi", 8, {"warmup=0"}), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {3.492680, 4.694630, 5.528260}));
}

TEST(Mochi, LandmarkCountsQueueAndMixtures) {
  EXPECT_NEAR(toy_method("mochi", 8)->landmarks().at(0).value, std::log(1.0 + 20 + 256 + 32), 1e-12);
}

TEST(Mochi, Learns) {
  const auto method = test::toy_with(
      "mochi", 48, {"queue=192", "loss.hardest=48", "loss.mixed=16", "loss.mixed_query=4", "ema.momentum=0.9"});
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 100);
  EXPECT_GT(learnt.after, learnt.before + 0.05) << learnt.before << " " << learnt.after;
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

TEST(Mochi, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("mochi", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
