// SPDX-License-Identifier: Apache-2.0
// MoCo: its loss by loops over the queue, rows of the own sample left out; the symmetric form; that keys enter after the loss;
// no gradient to the teacher; the average; v1 and v2; pinned losses; what it learns.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "kindred/core/error.h"
#include "kindred/methods/method.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::buffer_of;
using test::toy_batch;
using test::toy_method;

constexpr double kMocoTolerance = 1e-5;  // float32 sums of some twenty terms

// Equation 1 of the paper for rows q, k and those of the queue that are not of the query's id.
double moco_by_loops(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& queue,
                     const torch::Tensor& ids, const torch::Tensor& queue_ids, double temperature) {
  const auto queries = test::rows_of(q), keys = test::rows_of(k), rows = test::rows_of(queue);
  double total = 0;
  for (size_t i = 0; i < queries.size(); ++i) {
    const double positive = test::cosine(queries[i], keys[i]) / temperature;
    double below = std::exp(positive);
    for (size_t j = 0; j < rows.size(); ++j)
      if (queue_ids[static_cast<int64_t>(j)].item<int64_t>() != ids[static_cast<int64_t>(i)].item<int64_t>())
        below += std::exp(test::cosine(queries[i], rows[j]) / temperature);
    total += std::log(below) - positive;
  }
  return total / static_cast<double>(queries.size());
}

TEST(Moco, LossIsTheKeyAgainstTheQueueAsItWas) {
  const auto method = toy_method("moco", 8);
  method->train();
  const auto batch = toy_batch(8, 2);
  // Twice the same batch: the second time the queue holds a row of each query's own sample.
  for (int round = 0; round < 2; ++round) {
    const auto rows = buffer_of(*method, "queue.rows").clone(), ids = buffer_of(*method, "queue.ids").clone();
    const auto output = method->step(batch);
    EXPECT_EQ(ids.eq(batch.ids[3]).any().item<bool>(), round == 1);
    EXPECT_NEAR(output.loss.item<double>(), moco_by_loops(output.z1, output.z2, rows, batch.ids, ids, 0.2),
                kMocoTolerance);
    method->after_optimizer_step(round);
  }
}

TEST(Moco, KeysEnterTheQueueAsUnitRowsWithTheirIds) {
  const auto method = toy_method("moco", 8);
  method->train();
  const auto batch = toy_batch(8, 2, 0.3, 5);
  const auto output = method->step(batch);
  EXPECT_TRUE(torch::equal(buffer_of(*method, "queue.rows").narrow(0, 0, 8), output.z2));
  EXPECT_TRUE(torch::equal(buffer_of(*method, "queue.ids").narrow(0, 0, 8), batch.ids));
  EXPECT_EQ(buffer_of(*method, "queue.position").item<int64_t>(), 8);
  EXPECT_LT((output.z2.norm(2, 1) - 1).abs().max().item<double>(), 1e-6);
}

// With one group the keys of both forms are the same, and the symmetric loss is the mean of the two directions.
TEST(Moco, SymmetricFormIsTheMeanOfBothDirections) {
  const auto loss = [](const Batch& batch, const char* symmetric) {
    const auto method = test::toy_with("moco", 8, {"key_groups=1", std::string("symmetric=") + symmetric});
    method->train();
    const double value = method->step(batch).loss.item<double>();
    EXPECT_EQ(buffer_of(*method, "queue.position").item<int64_t>(), symmetric[0] == 't' ? 16 : 8);
    return value;
  };
  auto batch = toy_batch(8, 2);
  const double forth = loss(batch, "false"), both = loss(batch, "true");
  std::swap(batch.views[0], batch.views[1]);
  EXPECT_NEAR(both, 0.5 * (forth + loss(batch, "false")), kMocoTolerance);
}

TEST(Moco, KeysAreNormalisedInGroups) {
  const auto method = toy_method("moco", 8);
  method->train();
  method->step(toy_batch(8, 2));
  EXPECT_EQ(buffer_of(*method, "student.encoder.bn1.num_batches_tracked").item<int64_t>(), 1);
  EXPECT_EQ(buffer_of(*method, "teacher.encoder.bn1.num_batches_tracked").item<int64_t>(), 4);
}

TEST(Moco, NoGradientReachesTheTeacherEvenIfItAskedForOne) {
  for (const char* name : {"moco", "moco_v1", "mochi"}) {
    const auto method = test::toy_with(name, 8, {});
    method->train();
    for (const auto& item : method->named_parameters()) item.value().set_requires_grad(true);
    method->step(toy_batch(8, 2)).loss.backward();
    for (const auto& item : method->named_parameters())
      EXPECT_EQ(item.value().grad().defined(), item.key().starts_with("student.")) << name << " " << item.key();
  }
}

TEST(Moco, TheTeacherMovesByExactlyOneMinusM) {
  for (const char* name : {"moco", "mochi"}) {
    const auto method = toy_method(name, 8);
    for (const int64_t step : {0, 60}) {
      std::map<std::string, torch::Tensor> before;
      for (const auto& item : method->named_parameters()) {
        if (item.key().starts_with("student.")) item.value().data().add_(1);
        before[item.key()] = item.value().detach().clone();
      }
      method->after_optimizer_step(step);
      for (const auto& item : method->named_parameters()) {
        if (!item.key().starts_with("teacher.")) continue;
        const auto student = before.at("student" + item.key().substr(7));
        EXPECT_LT((item.value() - (0.99 * before.at(item.key()) + 0.01 * student)).abs().max().item<double>(), 1e-6)
            << item.key();
      }
    }
  }
}

TEST(Moco, VersionsHaveTheirHeadsAndTemperatures) {
  const auto option = [](const char* name, const char* field) {
    const auto recipe = find_method(name).recipe();
    return value_text(find_field(recipe->fields(), field)->value);
  };
  EXPECT_EQ(option("moco", "temperature"), "0.2");
  EXPECT_EQ(option("moco", "head.layers"), "2");
  EXPECT_EQ(option("moco", "head.batch_norm"), "false");
  EXPECT_EQ(option("moco_v1", "temperature"), "0.07");
  EXPECT_EQ(option("moco_v1", "head.layers"), "1");
  EXPECT_EQ(option("moco", "head.last_batch_norm"), "false");
}

TEST(Moco, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("moco", 8), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {1.195740, 2.348670, 2.520970}));
  EXPECT_THAT(test::first_three_losses(*toy_method("moco_v1", 8), 2),
              testing::Pointwise(testing::DoubleNear(kTolerance), {3.588060, 5.007510, 4.318790}));
}

TEST(Moco, LandmarkIsTheLossOfRowsThatAreAllAlike) {
  const auto row = torch::ones({4, 3}), queue = torch::ones({20, 3});
  const auto none = torch::full({20}, -1, torch::kLong), ids = torch::arange(4, torch::kLong);
  EXPECT_NEAR(toy_method("moco", 8)->landmarks().at(0).value, moco_by_loops(row, row, queue, ids, none, 0.2), 1e-12);
}

TEST(Moco, Learns) {
  for (const char* name : {"moco", "moco_v1"}) {
    const auto method = test::toy_with(name, 48, {"queue=192", "ema.momentum=0.9"});
    const auto learnt = test::learn_clusters(*method, 2, 0.3, 100);
    EXPECT_GT(learnt.after, learnt.before + 0.05) << name << " " << learnt.before << " " << learnt.after;
    EXPECT_THAT(learnt.warnings, testing::IsEmpty()) << name;
  }
}

TEST(Moco, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("moco", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
