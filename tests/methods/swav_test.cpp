// SPDX-License-Identifier: Apache-2.0
// SwAV: its loss by loops, Sinkhorn and swapped prediction both, with two and with four views; when the prototypes are trained
// and when the queue takes part; pinned losses; the landmark; what it learns.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "kindred/nn/branch.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::Rows;
using test::toy_batch;
using test::toy_method;

Rows scores_by_loops(const Rows& z, const Rows& prototypes) {
  Rows out;
  for (const auto& row : z) {
    out.emplace_back();
    for (const auto& prototype : prototypes) out.back().push_back(test::cosine(row, prototype));
  }
  return out;
}

// Algorithm 1 of the paper's appendix: columns, then rows, three times.
Rows sinkhorn_by_loops(Rows q) {
  for (auto& row : q)
    for (double& v : row) v = std::exp(v / 0.05);
  for (int round = 0; round < 3; ++round) {
    for (size_t k = 0; k < q[0].size(); ++k) {
      double sum = 0;
      for (const auto& row : q) sum += row[k];
      for (auto& row : q) row[k] /= sum;
    }
    for (auto& row : q) {
      double sum = 0;
      for (const double v : row) sum += v;
      for (double& v : row) v /= sum;
    }
  }
  return q;
}

// Each view predicts the codes of the first two; queue: scores that join Sinkhorn.
double swav_by_loops(const std::vector<Rows>& scores, const Rows& queue) {
  double total = 0;
  for (size_t c = 0; c < 2; ++c) {
    auto joined = scores[c];
    joined.insert(joined.end(), queue.begin(), queue.end());
    const auto codes = sinkhorn_by_loops(joined);
    for (size_t v = 0; v < scores.size(); ++v) {
      if (v == c) continue;
      for (size_t i = 0; i < scores[v].size(); ++i) {
        double below = 0;
        for (const double s : scores[v][i]) below += std::exp(s / 0.1);
        for (size_t k = 0; k < scores[v][i].size(); ++k)
          total -= codes[i][k] * (scores[v][i][k] / 0.1 - std::log(below)) / static_cast<double>(scores[v].size());
      }
    }
  }
  return total / static_cast<double>(2 * (scores.size() - 1));
}

std::vector<Rows> scores_of(const Method& method, const Batch& batch) {
  const auto branch = std::dynamic_pointer_cast<Branch>(method.named_children()["branch"]);
  const auto prototypes = test::rows_of(test::parameter_of(method, "prototypes.weight").detach());
  std::vector<Rows> out;
  for (const auto& z : branch->forward(batch.views))
    out.push_back(scores_by_loops(test::rows_of(z.detach()), prototypes));
  return out;
}

TEST(Swav, LossIsTheSwappedPredictionOfCodes) {
  for (const int64_t views : {2, 4}) {
    const auto method = test::toy_with("swav", 8, {"queue=0"});
    method->train();
    const auto batch = toy_batch(8, views);
    EXPECT_NEAR(method->step(batch).loss.item<double>(), swav_by_loops(scores_of(*method, batch), {}), 1e-5) << views;
  }
}

TEST(Swav, TheQueueTakesPartOnceItIsFullAndItsTimeHasCome) {
  const auto method = test::toy_with("swav", 8, {"queue=20", "queue_from=0.03"});  // from step 3 of 100
  method->train();
  const auto prototypes = test::rows_of(test::parameter_of(*method, "prototypes.weight").detach());
  for (int64_t step = 0; step < 5; ++step) {
    const auto batch = toy_batch(8, 2, 0.3, static_cast<uint64_t>(step));
    const bool part = step >= 3 && test::buffer_of(*method, "queue.fill").item<int64_t>() == 20;
    EXPECT_EQ(part, step >= 3);
    const Rows queue =
        part ? scores_by_loops(test::rows_of(test::buffer_of(*method, "queue.rows")), prototypes) : Rows{};
    EXPECT_NEAR(method->step(batch).loss.item<double>(), swav_by_loops(scores_of(*method, batch), queue), 1e-5) << step;
    method->after_optimizer_step(step);
  }
}

TEST(Swav, PrototypesWaitForTheirEpoch) {
  const auto method = test::toy_with("swav", 500, {"freeze_epochs=1"});  // an epoch of 1000 samples is 2 steps
  method->train();
  for (int64_t step = 0; step < 4; ++step) {
    for (auto& each : method->parameters()) each.mutable_grad() = torch::Tensor();
    method->step(toy_batch(500, 2)).loss.backward();
    EXPECT_EQ(test::parameter_of(*method, "prototypes.weight").grad().defined(), step >= 2) << step;
    method->after_optimizer_step(step);
  }
}

TEST(Swav, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through five layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("swav", 8), 4),
              testing::Pointwise(testing::DoubleNear(kTolerance), {3.916480, 4.542790, 3.461000}));
}

TEST(Swav, LandmarkIsTheLossOfEqualScores) {
  EXPECT_NEAR(toy_method("swav", 8)->landmarks().at(0).value,
              swav_by_loops({Rows(8, Rows::value_type(7, 0.3)), Rows(8, Rows::value_type(7, 0.3))}, {}), 1e-12);
}

TEST(Swav, Learns) {
  const auto method = test::toy_with("swav", 48, {"queue=0"});
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 150);
  EXPECT_GT(learnt.after, learnt.before + 0.05)
      << learnt.before << " " << learnt.after << " " << learnt.first << " " << learnt.last;
  EXPECT_LT(learnt.last, learnt.first);
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

TEST(Swav, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("swav", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
