// SPDX-License-Identifier: Apache-2.0
// Proves: the heads of the papers have the layers the papers say, and bad ones are refused.
#include "kindred/nn/heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

std::vector<std::string> described(int64_t in, const ProjectionHeadOptions& options) {
  std::vector<std::string> out;
  const auto head = projection_head(in, options);
  for (const auto& item : head->named_parameters()) out.push_back(concat(item.key(), " ", item.value().sizes()));
  return out;
}

using ::testing::ElementsAre;

TEST(ProjectionHead, Simclr) {
  EXPECT_THAT(
      described(6, {.layers = 2, .hidden = 0, .out = 4}),
      ElementsAre("0.weight [6, 6]", "1.weight [6]", "1.bias [6]", "3.weight [4, 6]", "4.weight [4]", "4.bias [4]"));
}

TEST(ProjectionHead, Byol) {
  EXPECT_THAT(described(6, {.layers = 2, .hidden = 8, .out = 4, .last_batch_norm = false}),
              ElementsAre("0.weight [8, 6]", "1.weight [8]", "1.bias [8]", "3.weight [4, 8]", "3.bias [4]"));
}

TEST(ProjectionHead, Simsiam) {
  EXPECT_THAT(described(6, {.layers = 3, .hidden = 8, .out = 8, .last_affine = false}),
              ElementsAre("0.weight [8, 6]", "1.weight [8]", "1.bias [8]", "3.weight [8, 8]", "4.weight [8]",
                          "4.bias [8]", "6.weight [8, 8]"));
}

TEST(ProjectionHead, MocoWithoutBatchNorm) {
  EXPECT_THAT(described(6, {.layers = 2, .hidden = 6, .out = 4, .batch_norm = false, .last_batch_norm = false}),
              ElementsAre("0.weight [6, 6]", "0.bias [6]", "2.weight [4, 6]", "2.bias [4]"));
}

TEST(ProjectionHead, LinearAndNone) {
  EXPECT_THAT(described(6, {.layers = 1, .out = 4, .last_batch_norm = false}),
              ElementsAre("0.weight [4, 6]", "0.bias [4]"));
  auto none = projection_head(6, {.layers = 0, .out = 6});
  const auto x = test::normal_tensor({3, 6}, 1);
  EXPECT_TRUE(torch::equal(none->forward(x), x));
}

// Affine-free batch norm after the last layer: every column has mean 0 and variance 1.
TEST(ProjectionHead, LastNormStandardises) {
  auto head = projection_head(5, {.layers = 2, .hidden = 16, .out = 7, .last_affine = false});
  const auto z = head->forward(test::normal_tensor({64, 5}, 2));
  EXPECT_EQ(z.sizes(), (std::vector<int64_t>{64, 7}));
  EXPECT_LT(z.mean(0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((z.square().mean(0) - 1).abs().max().item<double>(), 1e-2);  // eps = 1e-5 against small variances
  EXPECT_LT(z.min().item<double>(), 0) << "no ReLU after the last layer";
}

TEST(PredictionHead, ByolAndSimsiam) {
  const auto described_head = [](int64_t width, const PredictionHeadOptions& options) {
    std::vector<std::string> out;
    const auto head = prediction_head(width, options);
    for (const auto& item : head->named_parameters()) out.push_back(concat(item.key(), " ", item.value().sizes()));
    return out;
  };
  EXPECT_THAT(described_head(8, {.hidden = 2}),
              ElementsAre("0.weight [2, 8]", "1.weight [2]", "1.bias [2]", "3.weight [8, 2]", "3.bias [8]"));
  EXPECT_THAT(described_head(8, {.hidden = 0, .batch_norm = false}),
              ElementsAre("0.weight [8, 8]", "0.bias [8]", "2.weight [8, 8]", "2.bias [8]"));
  EXPECT_THAT(described_head(8, {.layers = 0}), ::testing::IsEmpty());
}

TEST(PredictionHead, UntrainedOnesAskForNoGradient) {
  const auto head = prediction_head(8, {.trained = false});
  EXPECT_EQ(head->parameters().size(), 5u);
  for (const auto& parameter : head->parameters()) EXPECT_FALSE(parameter.requires_grad());
  for (const auto& parameter : prediction_head(8, {})->parameters()) EXPECT_TRUE(parameter.requires_grad());
  EXPECT_THROW(prediction_head(8, {.layers = -1}), InvalidArgument);
}

TEST(ProjectionHead, RefusesNonsense) {
  EXPECT_THROW(projection_head(6, {.layers = 0, .out = 5}), InvalidArgument);
  EXPECT_THROW(projection_head(6, {.layers = -1}), InvalidArgument);
  EXPECT_THROW(projection_head(6, {.out = 0}), InvalidArgument);
  EXPECT_THROW(projection_head(0, {}), InvalidArgument);
}

TEST(ProjectionHead, OptionsSurviveToml) {
  ProjectionHeadOptions a{
      .layers = 3, .hidden = 9, .out = 5, .batch_norm = false, .last_batch_norm = false, .last_affine = false},
      b;
  Config::from_toml(toml_text(fields_of(a)), "test").apply(fields_of(b));
  EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
}

}  // namespace
}  // namespace kindred
