// SPDX-License-Identifier: Apache-2.0
// One tensor of a step is spoilt at a time; the search must name it, its element and, for a view, its sample.
#include "kindred/train/non_finite.h"

#include <gmock/gmock.h>
#include <torch/nn/modules/batchnorm.h>

#include <limits>

namespace kindred {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

class OneLayer final : public Method {
 public:
  OneLayer() : norm_(register_module("norm", torch::nn::BatchNorm1d(3))) {}
  StepOutput step(const Batch&) override { return {}; }
  EncoderPtr encoder() const override { return nullptr; }
  torch::nn::BatchNorm1d norm_;
};

class TenVectors final : public Dataset {
 public:
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return 10; }
  void get(int64_t, Sample&) const override {}
  int64_t label(int64_t) const override { return kNoLabel; }
  uint64_t id(int64_t index) const override { return static_cast<uint64_t>(100 - index); }
  std::string source(int64_t index) const override { return "rows[" + std::to_string(index) + "]"; }

 private:
  DatasetInfo info_;
};

struct Step {
  OneLayer method;
  Batch batch{.views = {torch::zeros({2, 3}), torch::zeros({2, 3})},
              .labels = {},
              .ids = torch::tensor({int64_t{99}, int64_t{93}})};
  StepOutput output{.loss = torch::zeros({}), .metrics = {}, .z1 = torch::zeros({2, 3}), .z2 = torch::zeros({2, 3})};
  std::string search() { return first_non_finite(method, batch, output, TenVectors()); }
};

void spoil(const torch::Tensor& tensor, int64_t element, float value) {
  tensor.detach().view(-1)[element].fill_(value);
}

TEST(FirstNonFinite, NothingToFind) { EXPECT_EQ(Step().search(), ""); }

TEST(FirstNonFinite, ViewWithSample) {
  Step step;
  spoil(step.batch.views[1], 5, kNaN);
  EXPECT_EQ(step.search(), "view 1 of sample 7 (rows[7]), element 2 is nan");
}

TEST(FirstNonFinite, ParameterOutputLossGradientBuffer) {
  Step parameter;
  spoil(parameter.method.norm_->weight, 1, kInf);
  EXPECT_EQ(parameter.search(), "parameter norm.weight, element 1 is inf");
  Step z2;
  spoil(z2.output.z2, 4, -kInf);
  EXPECT_EQ(z2.search(), "output z2, element 4 is -inf");
  Step loss;
  spoil(loss.output.loss, 0, kNaN);
  EXPECT_EQ(loss.search(), "the loss, element 0 is nan");
  Step gradient;
  gradient.method.norm_->bias.mutable_grad() = torch::zeros(3);
  spoil(gradient.method.norm_->bias.grad(), 2, kNaN);
  EXPECT_EQ(gradient.search(), "gradient of norm.bias, element 2 is nan");
  Step buffer;
  spoil(buffer.method.norm_->running_mean, 0, kNaN);
  EXPECT_EQ(buffer.search(), "buffer norm.running_mean, element 0 is nan");
  EXPECT_EQ(first_non_finite_weight(buffer.method), "buffer norm.running_mean, element 0 is nan");
}

TEST(FirstNonFinite, TheCauseBeforeItsConsequences) {
  Step step;
  for (const auto& each : {step.batch.views[0], step.output.z1, step.output.loss, step.method.norm_->running_var})
    spoil(each, 0, kNaN);
  EXPECT_THAT(step.search(), testing::StartsWith("view 0 of sample 1 "));
}

TEST(AllFinite, IntegersAndUndefinedTensorsAre) {
  EXPECT_TRUE(all_finite(torch::Tensor()));
  EXPECT_TRUE(all_finite(torch::ones(3, torch::kLong)));
  EXPECT_TRUE(all_finite(torch::empty({0})));
  EXPECT_FALSE(all_finite(torch::full({1}, kInf)));
}

}  // namespace
}  // namespace kindred
