// SPDX-License-Identifier: Apache-2.0
// DINO: its loss by loops, with two and four views; centre, temperature and momentum step by step; when the prototypes are
// trained; no gradient to the teacher; pinned losses; landmarks; what it learns.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "kindred/nn/branch.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::buffer_of;
using test::parameter_of;
using test::Rows;
using test::toy_batch;
using test::toy_method;

// Outputs of student or teacher for these views, by cosines.
std::vector<Rows> dino_outputs(const Method& method, const std::string& side, const std::vector<torch::Tensor>& views) {
  const auto branch = std::dynamic_pointer_cast<Branch>(method.named_children()[side]->named_children()["branch"]);
  const auto prototypes = test::rows_of(parameter_of(method, side + ".prototypes.weight").detach());
  std::vector<Rows> out;
  for (const auto& z : branch->forward(views)) {
    out.emplace_back();
    for (const auto& row : test::rows_of(z.detach())) {
      out.back().emplace_back();
      for (const auto& prototype : prototypes) out.back().back().push_back(test::cosine(row, prototype));
    }
  }
  return out;
}

std::vector<double> softmax_by_loops(const std::vector<double>& x, double temperature) {
  double sum = 0;
  std::vector<double> out;
  for (const double v : x) sum += std::exp(v / temperature);
  for (const double v : x) out.push_back(std::exp(v / temperature) / sum);
  return out;
}

double dino_by_loops(const std::vector<Rows>& student, const std::vector<Rows>& teacher,
                     const std::vector<double>& centre, double teacher_temperature) {
  double total = 0;
  for (size_t t = 0; t < 2; ++t)
    for (size_t v = 0; v < student.size(); ++v) {
      if (v == t) continue;
      for (size_t i = 0; i < student[v].size(); ++i) {
        auto centred = teacher[t][i];
        for (size_t k = 0; k < centred.size(); ++k) centred[k] -= centre[k];
        const auto p = softmax_by_loops(centred, teacher_temperature), q = softmax_by_loops(student[v][i], 0.1);
        for (size_t k = 0; k < p.size(); ++k) total -= p[k] * std::log(q[k]) / static_cast<double>(student[v].size());
      }
    }
  return total / static_cast<double>(2 * (student.size() - 1));
}

std::vector<double> numbers_of(const torch::Tensor& x) {
  std::vector<double> out;
  for (int64_t i = 0; i < x.numel(); ++i) out.push_back(x[i].item<double>());
  return out;
}

TEST(Dino, LossCentreAndTemperatureByLoops) {
  for (const int64_t views : {2, 4}) {
    // The temperature rises from 0.04 to 0.07 over 2 of 100 steps.
    const auto method = test::toy_with("dino", 8, {"temperature_warmup=0.02"});
    method->train();
    const double temperatures[] = {0.04, 0.055, 0.07, 0.07};
    for (int64_t step = 0; step < 4; ++step) {
      const auto batch = toy_batch(8, views, 0.3, static_cast<uint64_t>(step));
      const auto centre = numbers_of(buffer_of(*method, "center"));
      const auto student = dino_outputs(*method, "student", batch.views);
      const auto teacher = dino_outputs(*method, "teacher", {batch.views[0], batch.views[1]});
      const auto output = method->step(batch);
      EXPECT_NEAR(output.loss.item<double>(), dino_by_loops(student, teacher, centre, temperatures[step]), 1e-4)
          << step;
      for (size_t k = 0; k < centre.size(); ++k) {
        double mean = 0;
        for (size_t t = 0; t < 2; ++t)
          for (const auto& row : teacher[t]) mean += row[k] / 16;
        EXPECT_NEAR(buffer_of(*method, "center")[static_cast<int64_t>(k)].item<double>(), 0.9 * centre[k] + 0.1 * mean,
                    1e-6);
      }
      for (auto& each : method->parameters())
        if (each.requires_grad()) each.data().mul_(1.05);  // so that the networks part
      method->after_optimizer_step(step);
    }
  }
}

TEST(Dino, MetricsAreTheTeachersEntropyAndWhatIsLeft) {
  const auto method = toy_method("dino", 8);
  method->train();
  const auto batch = toy_batch(8, 2);
  const auto teacher = dino_outputs(*method, "teacher", batch.views);
  const auto output = method->step(batch);
  double entropy = 0;
  for (const auto& rows : teacher)
    for (const auto& row : rows)
      for (const double p : softmax_by_loops(row, 0.04)) entropy -= p * std::log(p) / 16;
  ASSERT_EQ(output.metrics.size(), 2u);
  EXPECT_NEAR(output.metrics[0].second, entropy, 1e-4);
  EXPECT_NEAR(output.metrics[1].second, output.loss.item<double>() - entropy, 1e-4);
}

TEST(Dino, NoGradientReachesTheTeacherEvenIfItAskedForOne) {
  const auto method = toy_method("dino", 8);
  method->train();
  for (const auto& item : method->named_parameters()) item.value().set_requires_grad(true);
  method->step(toy_batch(8, 2)).loss.backward();
  for (const auto& item : method->named_parameters())
    EXPECT_EQ(item.value().grad().defined(), item.key().starts_with("student.")) << item.key();
}

TEST(Dino, TheTeacherMovesByExactlyOneMinusM) {
  const auto method = toy_method("dino", 8);
  for (const auto& [step, momentum] : std::vector<std::pair<int64_t, double>>{{0, 0.996}, {50, 0.998}, {100, 1.0}}) {
    std::map<std::string, torch::Tensor> before;
    for (const auto& item : method->named_parameters()) {
      if (item.key().starts_with("student.")) item.value().data().add_(1);
      before[item.key()] = item.value().detach().clone();
    }
    method->after_optimizer_step(step);
    for (const auto& item : method->named_parameters()) {
      if (!item.key().starts_with("teacher.")) continue;
      const auto student = before.at("student" + item.key().substr(7));
      EXPECT_LT(
          (item.value() - (momentum * before.at(item.key()) + (1 - momentum) * student)).abs().max().item<double>(),
          1e-6)
          << item.key();
    }
  }
}

TEST(Dino, PrototypesWaitForTheirEpoch) {
  const auto method = test::toy_with("dino", 500, {"freeze_epochs=1"});  // an epoch of 1000 samples is 2 steps
  method->train();
  for (int64_t step = 0; step < 4; ++step) {
    for (auto& each : method->parameters()) each.mutable_grad() = torch::Tensor();
    method->step(toy_batch(500, 2)).loss.backward();
    EXPECT_EQ(parameter_of(*method, "student.prototypes.weight").grad().defined(), step >= 2) << step;
    method->after_optimizer_step(step);
  }
}

TEST(Dino, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 2e-4;  // float32 through six layers, two updates and a temperature of 0.04
  EXPECT_THAT(test::first_three_losses(*toy_method("dino", 8), 4),
              testing::Pointwise(testing::DoubleNear(kTolerance), {1.366600, 3.737780, 3.425000}));
}

TEST(Dino, LandmarksAreUniformAndSinglePrototypes) {
  const auto landmarks = toy_method("dino", 8)->landmarks();
  const std::vector<Rows> equal(2, Rows(4, Rows::value_type(7, 0.3)));
  EXPECT_NEAR(landmarks.at(0).value, dino_by_loops(equal, equal, std::vector<double>(7, 0.0), 0.07), 1e-12);
  EXPECT_EQ(landmarks.at(1).value, 0);
}

TEST(Dino, Learns) {
  const auto method = test::toy_with("dino", 48, {"ema.momentum=0.9"});
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 150);
  EXPECT_GT(learnt.after, learnt.before + 0.05)
      << learnt.before << " " << learnt.after << " " << learnt.first << " " << learnt.last;
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

TEST(Dino, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("dino", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
