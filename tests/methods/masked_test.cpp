// SPDX-License-Identifier: Apache-2.0
// What is hidden from the encoder is exactly what the loss looks at, on pictures and vectors; patches that do not fit are
// refused; three pinned losses; steps that learn.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/methods/corruption.h"
#include "kindred/methods/registry.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

// Remembers what it was shown; its output is 0.
class Witness final : public Encoder {
 public:
  Witness() { out_dim_ = 3; }
  torch::Tensor forward(const torch::Tensor& x) override {
    seen = x.clone();
    return torch::zeros({x.size(0), 3});
  }
  torch::Tensor seen;
};

MethodPtr masked_method(const EncoderPtr& encoder, const InputShape& shape, int64_t patch) {
  const auto recipe = masked_recipe();
  Config config;
  config.set("patch", std::to_string(patch), "test");
  config.apply(recipe->fields());
  return recipe->make({.encoder = encoder, .seed = 5, .batch = 4, .input_shape = shape});
}

Batch picture_batch() {
  Batch batch;
  batch.views.push_back(torch::arange(4 * 2 * 8 * 12, torch::kFloat).view({4, 2, 8, 12}) + 1);  // no number is 0
  batch.ids = torch::arange(4, torch::kLong);
  return batch;
}

// An untrained decoder of a code of zeros says the same for every pixel of a channel but at the rim; that is enough to
// tell which pixels the loss counts: the loss is recomputed by loops over the hidden ones.
TEST(Masked, TheLossLooksAtWhatTheEncoderDidNotSee) {
  const auto witness = std::make_shared<Witness>();
  const auto method = masked_method(witness, {2, 8, 12}, 4);
  method->train();
  for (auto& each : method->parameters()) each.detach().zero_();  // x' = 0
  const auto batch = picture_batch();
  const double loss = method->step(batch).loss.item<double>();
  const auto hidden = random_patches(batch, 6, 0.75, 5);  // 2 x 3 patches of 4 x 4; 4.5 is rounded to 5
  double sum = 0, count = 0;
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t y = 0; y < 8; ++y)
        for (int64_t x = 0; x < 12; ++x) {
          const double value = batch.views[0][i][c][y][x].item<double>(),
                       seen = witness->seen[i][c][y][x].item<double>();
          const bool gone = hidden[i][y / 4 * 3 + x / 4].item<bool>();
          EXPECT_EQ(seen, gone ? 0 : value);
          if (gone) sum += value * value;
          if (gone) ++count;
        }
  EXPECT_EQ(count, 4 * 5 * 16 * 2);
  EXPECT_NEAR(loss, sum / count, 1e-5 * loss);
}

TEST(Masked, FeaturesOfAVectorAreHiddenInStretches) {
  const auto witness = std::make_shared<Witness>();
  const auto method = masked_method(witness, {8}, 2);
  method->train();
  Batch batch;
  batch.views.push_back(torch::arange(32, torch::kFloat).view({4, 8}) + 1);
  batch.ids = torch::arange(4, torch::kLong);
  method->step(batch);
  const auto hidden = random_patches(batch, 4, 0.75, 5);
  EXPECT_TRUE(torch::equal(witness->seen.eq(0), hidden.repeat_interleave(2, 1)));
}

TEST(Masked, PatchesMustFit) {
  const auto text = [](const InputShape& shape, int64_t patch) -> std::string {
    try {
      masked_method(std::make_shared<Witness>(), shape, patch);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(text({2, 8, 12}, 4), "no error");
  EXPECT_THAT(text({2, 8, 10}, 4), testing::HasSubstr("masked: expected patch to divide 10"));
  EXPECT_THAT(text({7}, 2), testing::HasSubstr("masked: expected patch to divide 7"));
}

TEST(Masked, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  const std::vector<double> stored{1.24479, 2.40195, 5.74788};
  const auto losses = test::first_three_losses("masked");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Masked, StepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("masked", 0.03, 400, {{"share", "0.3"}});
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
