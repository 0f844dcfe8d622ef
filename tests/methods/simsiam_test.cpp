// SPDX-License-Identifier: Apache-2.0
// SimSiam: its loss as cosines in loops; gradients against a second writing of it in which the targets are constants; the
// predictor's rate; pinned losses; the watch with and without what keeps it from collapsing; what it learns.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional/distance.h>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "kindred/nn/branch.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::toy_batch;
using test::toy_method;

struct SimsiamParts {
  std::shared_ptr<Branch> branch;
  std::shared_ptr<torch::nn::SequentialImpl> predictor;

  explicit SimsiamParts(const Method& method)
      : branch(std::dynamic_pointer_cast<Branch>(method.named_children()["branch"])),
        predictor(std::dynamic_pointer_cast<torch::nn::SequentialImpl>(method.named_children()["predictor"])) {}
};

double negative_cosine_by_loops(const torch::Tensor& p, const torch::Tensor& z) {
  const auto a = test::rows_of(p), b = test::rows_of(z);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum -= test::cosine(a[i], b[i]) / static_cast<double>(a.size());
  return sum;
}

TEST(Simsiam, LossIsTheMeanNegativeCosineOfBothDirections) {
  const auto method = toy_method("simsiam", 8);
  method->train();
  const SimsiamParts parts(*method);
  const auto batch = toy_batch(8, 2);
  const auto z1 = parts.branch->forward(batch.views[0]), z2 = parts.branch->forward(batch.views[1]);
  const auto p1 = parts.predictor->forward(z1), p2 = parts.predictor->forward(z2);
  const double expected = 0.5 * negative_cosine_by_loops(p1, z2) + 0.5 * negative_cosine_by_loops(p2, z1);
  EXPECT_NEAR(method->step(batch).loss.item<double>(), expected, 1e-5);
}

TEST(Simsiam, OneWayIsTheSecondViewFromTheFirst) {
  const auto method = test::toy_with("simsiam", 8, {"symmetric=false"});
  method->train();
  const SimsiamParts parts(*method);
  const auto batch = toy_batch(8, 2);
  const auto z1 = parts.branch->forward(batch.views[0]), z2 = parts.branch->forward(batch.views[1]);
  EXPECT_NEAR(method->step(batch).loss.item<double>(), negative_cosine_by_loops(parts.predictor->forward(z1), z2),
              1e-5);
}

// The gradient reaches the encoder through the predictions only; without the stop it is another one.
TEST(Simsiam, GradientsAreThoseOfConstantTargets) {
  const auto method = toy_method("simsiam", 8), open = test::toy_with("simsiam", 8, {"loss.stop_gradient=false"});
  method->train(), open->train();
  const SimsiamParts parts(*method);
  const auto batch = toy_batch(8, 2);
  const auto gradients = [&](bool stop) {
    namespace F = torch::nn::functional;
    const auto z1 = parts.branch->forward(batch.views[0]), z2 = parts.branch->forward(batch.views[1]);
    const auto p1 = parts.predictor->forward(z1), p2 = parts.predictor->forward(z2);
    const auto t1 = stop ? z1.detach() : z1, t2 = stop ? z2.detach() : z2;
    const auto loss = -0.5 * (F::cosine_similarity(p1, t2) + F::cosine_similarity(p2, t1)).mean();
    return torch::autograd::grad({loss}, method->parameters());
  };
  const auto stopped = gradients(true), opened = gradients(false);
  const auto got = test::gradients_of_step(*method, batch), got_open = test::gradients_of_step(*open, batch);
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(torch::allclose(got[i].second, stopped[i], 1e-4, 1e-6)) << got[i].first;
    EXPECT_TRUE(torch::allclose(got_open[i].second, opened[i], 1e-4, 1e-6)) << got[i].first;
  }
  EXPECT_FALSE(torch::allclose(stopped[0], opened[0], 1e-2, 1e-4));
}

// Without a predictor the stop does nothing but halve the gradient (section 4.2 of the paper).
TEST(Simsiam, WithoutPredictorTheStopOnlyHalvesTheGradient) {
  const auto stop = test::toy_with("simsiam", 8, {"predictor.layers=0"}),
             open = test::toy_with("simsiam", 8, {"predictor.layers=0", "loss.stop_gradient=false"});
  stop->train(), open->train();
  const auto a = test::gradients_of_step(*stop, toy_batch(8, 2)), b = test::gradients_of_step(*open, toy_batch(8, 2));
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(torch::allclose(2 * a[i].second, b[i].second, 1e-4, 1e-6)) << a[i].first;
}

TEST(Simsiam, ThePredictorKeepsItsRate) {
  const auto method = toy_method("simsiam", 8);
  size_t all = 0;
  for (const auto& group : method->parameter_groups({})) {
    for (const auto& [name, parameter] : group.parameters)
      EXPECT_EQ(group.fixed_lr, name.starts_with("predictor.")) << name;
    all += group.parameters.size();
  }
  EXPECT_EQ(all, method->parameters().size());
}

TEST(Simsiam, APredictorThatIsNotTrainedIsInNoGroup) {
  const auto method = test::toy_with("simsiam", 8, {"predictor.trained=false"});
  for (const auto& group : method->parameter_groups({}))
    for (const auto& [name, parameter] : group.parameters) EXPECT_FALSE(name.starts_with("predictor.")) << name;
}

TEST(Simsiam, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through six layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("simsiam", 8), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {0.0192585, 0.0192429, -0.278452}));
}

TEST(Simsiam, LandmarkIsTheLossOfPredictionsThatHit) {
  EXPECT_EQ(toy_method("simsiam", 8)->landmarks().at(0).value, -1);
  EXPECT_EQ(test::toy_with("simsiam", 8, {"loss.form=byol"})->landmarks().at(0).value, 0);
}

TEST(Simsiam, LearnsWithoutCollapsing) {
  const auto method = toy_method("simsiam", 48);
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 150);
  EXPECT_GT(learnt.after, learnt.before + 0.05)
      << learnt.before << " " << learnt.after << " " << learnt.first << " " << learnt.last;
  EXPECT_LT(learnt.last, learnt.first);
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

// The head ends in batch norm, so that rows cannot all be alike: they fall on a line. (Six features in three clusters fill few
// of forty directions in any case, which the watch mentions of the healthy run too.)
TEST(Simsiam, CollapsesWithoutStopGradientOrPredictorAndTheWatchSaysSo) {
  const auto warnings = [](const std::string& setting) {
    const auto method = test::toy_with("simsiam", 48, {"head.out=40", "predictor.hidden=10", setting});
    return test::learn_clusters(*method, 2, 3, 400).warnings;
  };
  EXPECT_THAT(warnings("predictor.layers=2"),
              testing::Not(testing::Contains(testing::HasSubstr("dimensional collapse"))));
  EXPECT_THAT(warnings("loss.stop_gradient=false"), testing::Contains(testing::HasSubstr("dimensional collapse")));
  // Here the rank ends a hair above or below the line of 2, as rounding has it; then it is the loss that gives it away.
  EXPECT_THAT(
      warnings("predictor.layers=0"),
      testing::Contains(testing::AnyOf(testing::HasSubstr("dimensional collapse"), testing::HasSubstr("a collapse"))));
}

// Without that last batch norm they do fall to a point.
TEST(Simsiam, CollapsesToAPointWithoutBatchNormAtTheEnd) {
  const auto warnings = [](const std::string& setting) {
    const auto method = test::toy_with("simsiam", 48, {"head.last_batch_norm=false", setting});
    return test::learn_clusters(*method, 2, 0.3, 200).warnings;
  };
  EXPECT_THAT(warnings("predictor.layers=2"), testing::IsEmpty());
  EXPECT_THAT(warnings("loss.stop_gradient=false"), testing::Contains(testing::HasSubstr("collapsed")));
  EXPECT_THAT(warnings("predictor.layers=0"), testing::Contains(testing::HasSubstr("collapsed")));
}

TEST(Simsiam, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("simsiam", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
