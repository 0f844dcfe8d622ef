// SPDX-License-Identifier: Apache-2.0
// NNCLR: its loss by loops, neighbours and softmax both; that one view enters the queue after the look-up; no gradient through
// neighbours; pinned losses; landmarks; what it learns.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "kindred/nn/branch.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::toy_batch;
using test::toy_method;

// One direction: each row of z takes its nearest row of the queue as query against the predictions p.
double nnclr_by_loops(const torch::Tensor& z, const torch::Tensor& p, const torch::Tensor& queue, double temperature) {
  const auto rows = test::rows_of(z), predictions = test::rows_of(p), support = test::rows_of(queue);
  double total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& nearest = *std::max_element(support.begin(), support.end(), [&](const auto& a, const auto& b) {
      return test::cosine(rows[i], a) < test::cosine(rows[i], b);
    });
    double below = 0;
    for (const auto& each : predictions) below += std::exp(test::cosine(nearest, each) / temperature);
    total += std::log(below) - test::cosine(nearest, predictions[i]) / temperature;
  }
  return total / static_cast<double>(rows.size());
}

TEST(Nnclr, LossIsTheNeighboursAgainstThePredictions) {
  const auto method = toy_method("nnclr", 8);
  method->train();
  const auto branch = std::dynamic_pointer_cast<Branch>(method->named_children()["branch"]);
  const auto predictor = std::dynamic_pointer_cast<torch::nn::SequentialImpl>(method->named_children()["predictor"]);
  const auto batch = toy_batch(8, 2);
  const auto queue = test::buffer_of(*method, "queue.rows").clone();
  const auto z1 = branch->forward(batch.views[0]), z2 = branch->forward(batch.views[1]);
  const auto p1 = predictor->forward(z1), p2 = predictor->forward(z2);
  const double expected = 0.5 * (nnclr_by_loops(z1, p2, queue, 0.1) + nnclr_by_loops(z2, p1, queue, 0.1));
  const auto output = method->step(batch);
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-4);
  const auto entered = test::buffer_of(*method, "queue.rows").narrow(0, 0, 8);
  EXPECT_TRUE(torch::allclose(entered, (z1 / z1.norm(2, 1, true)).detach(), 1e-5, 1e-6));
  EXPECT_EQ(test::buffer_of(*method, "queue.position").item<int64_t>(), 8);
}

// A second writing in which neighbours are constants has the same gradient.
TEST(Nnclr, NoGradientFlowsThroughNeighbours) {
  const auto method = toy_method("nnclr", 8);
  method->train();
  const auto branch = std::dynamic_pointer_cast<Branch>(method->named_children()["branch"]);
  const auto predictor = std::dynamic_pointer_cast<torch::nn::SequentialImpl>(method->named_children()["predictor"]);
  const auto batch = toy_batch(8, 2);
  const auto unit = [](const torch::Tensor& x) { return x / x.norm(2, 1, true); };
  const auto queue = test::buffer_of(*method, "queue.rows").clone();
  const auto direction = [&](const torch::Tensor& z, const torch::Tensor& p) {
    const auto nearest =
        queue.index_select(0, torch::matmul(unit(z), queue.t()).argmax(1));  // queue starts with unit rows
    const auto logits = torch::matmul(nearest, unit(p).t()) / 0.1;
    return (logits.logsumexp(1) - logits.diagonal()).mean();
  };
  const auto z1 = branch->forward(batch.views[0]), z2 = branch->forward(batch.views[1]);
  const auto loss = 0.5 * (direction(z1, predictor->forward(z2)) + direction(z2, predictor->forward(z1)));
  const auto wanted = torch::autograd::grad({loss}, method->parameters());
  const auto got = test::gradients_of_step(*method, batch);
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(torch::allclose(got[i].second, wanted[i], 1e-3, 1e-5)) << got[i].first;
}

TEST(Nnclr, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through six layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("nnclr", 8), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {4.628000, 2.593780, 2.433040}));
}

TEST(Nnclr, LandmarksAreTheLossesOfEmbeddingsThatAreAllAlike) {
  EXPECT_NEAR(toy_method("nnclr", 8)->landmarks().at(0).value, std::log(8.0), 1e-12);
  EXPECT_NEAR(test::toy_with("nnclr", 8, {"loss.denominators=nt_xent"})->landmarks().at(0).value, std::log(15.0),
              1e-12);
}

TEST(Nnclr, Learns) {
  const auto method = test::toy_with("nnclr", 48, {"queue=192"});
  const auto learnt = test::learn_clusters(*method, 2, 0.1, 150);
  EXPECT_GT(learnt.after, learnt.before + 0.05) << learnt.before << " " << learnt.after;
  EXPECT_LT(learnt.last, learnt.first);
  EXPECT_THAT(learnt.warnings, testing::IsEmpty());
}

TEST(Nnclr, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("nnclr", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
