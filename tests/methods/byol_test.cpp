// SPDX-License-Identifier: Apache-2.0
// BYOL: its loss as cosines in loops; gradients against a second writing of it in which the targets are constants, and none
// to the teacher; the average moves by exactly 1 - m along the schedule; pinned losses; the watch with and without what keeps
// it from collapsing; what it learns.
#include <gmock/gmock.h>
#include <torch/nn/functional/distance.h>

#include <map>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "kindred/nn/branch.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::toy_batch;
using test::toy_method;

struct ByolParts {
  std::shared_ptr<Branch> student, teacher;
  std::shared_ptr<torch::nn::SequentialImpl> predictor;

  explicit ByolParts(const Method& method)
      : student(std::dynamic_pointer_cast<Branch>(method.named_children()["student"])),
        teacher(std::dynamic_pointer_cast<Branch>(method.named_children()["teacher"])),
        predictor(std::dynamic_pointer_cast<torch::nn::SequentialImpl>(method.named_children()["predictor"])) {}
};

// Mean of 2 - 2 cos over rows, by loops.
double byol_by_loops(const torch::Tensor& p, const torch::Tensor& t) {
  const auto a = test::rows_of(p), b = test::rows_of(t);
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (2 - 2 * test::cosine(a[i], b[i])) / static_cast<double>(a.size());
  return sum;
}

TEST(Byol, LossIsTwoMinusTwoCosinesOfBothDirections) {
  const auto method = toy_method("byol", 8);
  method->train();
  const ByolParts parts(*method);
  for (auto& each : parts.teacher->parameters()) each.data().mul_(1.5);  // so that the two networks differ
  const auto batch = toy_batch(8, 2);
  const auto p1 = parts.predictor->forward(parts.student->forward(batch.views[0]));
  const auto p2 = parts.predictor->forward(parts.student->forward(batch.views[1]));
  const auto t1 = parts.teacher->forward(batch.views[0]), t2 = parts.teacher->forward(batch.views[1]);
  EXPECT_NEAR(method->step(batch).loss.item<double>(), byol_by_loops(p1, t2) + byol_by_loops(p2, t1), 1e-5);
}

TEST(Byol, OneWayIsTheSecondViewFromTheFirst) {
  const auto method = test::toy_with("byol", 8, {"symmetric=false"});
  method->train();
  const ByolParts parts(*method);
  for (auto& each : parts.teacher->parameters()) each.data().mul_(1.5);
  const auto batch = toy_batch(8, 2);
  const auto p1 = parts.predictor->forward(parts.student->forward(batch.views[0]));
  const auto t2 = parts.teacher->forward(batch.views[1]);
  EXPECT_NEAR(method->step(batch).loss.item<double>(), byol_by_loops(p1, t2), 1e-5);
}

TEST(Byol, GradientsAreThoseOfConstantTargets) {
  const auto method = toy_method("byol", 8);
  method->train();
  const ByolParts parts(*method);
  const auto batch = toy_batch(8, 2);
  const auto expected = [&] {
    namespace F = torch::nn::functional;
    const auto p1 = parts.predictor->forward(parts.student->forward(batch.views[0]));
    const auto p2 = parts.predictor->forward(parts.student->forward(batch.views[1]));
    const auto t1 = parts.teacher->forward(batch.views[0]).detach(),
               t2 = parts.teacher->forward(batch.views[1]).detach();
    return (4 - 2 * F::cosine_similarity(p1, t2) - 2 * F::cosine_similarity(p2, t1)).mean();
  }();
  for (auto& each : method->parameters()) each.mutable_grad() = torch::Tensor();
  expected.backward();
  std::map<std::string, torch::Tensor> wanted;
  for (const auto& item : method->named_parameters())
    if (item.value().grad().defined()) wanted[item.key()] = item.value().grad().clone();
  EXPECT_FALSE(wanted.empty());
  for (const auto& [name, gradient] : test::gradients_of_step(*method, batch)) {
    if (!wanted.contains(name)) continue;
    EXPECT_TRUE(torch::allclose(gradient, wanted[name], 1e-4, 1e-6)) << name;
  }
}

TEST(Byol, NoGradientReachesTheTeacherEvenIfItAskedForOne) {
  const auto method = toy_method("byol", 8);
  method->train();
  const ByolParts parts(*method);
  for (auto& each : parts.teacher->parameters()) each.set_requires_grad(true);
  method->step(toy_batch(8, 2)).loss.backward();
  for (const auto& each : parts.teacher->parameters()) EXPECT_FALSE(each.grad().defined());
  for (const auto& each : parts.student->parameters()) EXPECT_TRUE(each.grad().defined());
}

TEST(Byol, TheTeacherMovesByExactlyOneMinusM) {
  constexpr double kFloat = 1e-6;  // float32, weights below 1
  const auto method = toy_method("byol", 8);
  method->train();
  const ByolParts parts(*method);
  for (auto& each : parts.student->parameters()) each.data().add_(1);
  for (const auto& [step, momentum] : std::vector<std::pair<int64_t, double>>{{0, 0.99}, {50, 0.995}, {100, 1.0}}) {
    std::vector<torch::Tensor> before;
    for (const auto& each : parts.teacher->parameters()) before.push_back(each.detach().clone());
    method->after_optimizer_step(step);
    for (size_t i = 0; i < before.size(); ++i) {
      const auto expected = momentum * before[i] + (1 - momentum) * parts.student->parameters()[i];
      EXPECT_LT((parts.teacher->parameters()[i] - expected).abs().max().item<double>(), kFloat) << step;
    }
  }
}

TEST(Byol, MomentumZeroCopiesAndOneStands) {
  for (const double momentum : {0.0, 1.0}) {
    const auto method =
        test::toy_with("byol", 8, {"ema.momentum=" + std::to_string(momentum), "ema.schedule=constant"});
    const ByolParts parts(*method);
    const auto before = parts.teacher->parameters()[0].detach().clone();
    parts.student->parameters()[0].data().add_(1);
    method->after_optimizer_step(3);
    EXPECT_TRUE(torch::equal(parts.teacher->parameters()[0], momentum == 0 ? before + 1 : before));
  }
}

TEST(Byol, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through six layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("byol", 8), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {2.735010, 1.581170, 1.224780}));
}

TEST(Byol, LandmarkIsTheLossOfPredictionsThatHit) {
  EXPECT_EQ(toy_method("byol", 8)->landmarks().at(0).value, 0);
  EXPECT_EQ(test::toy_with("byol", 8, {"loss.form=simsiam"})->landmarks().at(0).value, -1);
}

TEST(Byol, LearnsWithoutCollapsing) {
  const auto method = toy_method("byol", 48);
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 150);
  EXPECT_GT(learnt.after, learnt.before + 0.05)
      << learnt.before << " " << learnt.after << " " << learnt.first << " " << learnt.last;
  EXPECT_LT(learnt.last, learnt.first);
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

TEST(Byol, CollapsesWithoutStopGradientOrPredictorAndTheWatchSaysSo) {
  // Without the predictor the delay of the target makes it slow; a large rate shows it sooner.
  for (const auto& [setting, rate] :
       std::vector<std::pair<std::string, double>>{{"loss.stop_gradient=false", 0.3}, {"predictor.layers=0", 3}}) {
    const auto method = test::toy_with("byol", 48, {setting});
    const auto learnt = test::learn_clusters(*method, 2, rate, 200);
    EXPECT_THAT(learnt.warnings, testing::Contains(testing::HasSubstr("collapsed"))) << setting << " " << learnt.last;
    const auto whole = toy_method("byol", 48);
    EXPECT_THAT(test::learn_clusters(*whole, 2, rate, 200).warnings, testing::IsEmpty()) << rate;
  }
}

TEST(Byol, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("byol", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
