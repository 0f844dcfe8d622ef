// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of info_nce, symmetric_info_nce, moco and cmc's sum; the masks by id, in loops; own and shared
// negatives; limits and refusals.
#include "kindred/losses/info_nce.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

using test::random_rows;

TEST(InfoNce, OneWayVectors) {
  for (const double t : {0.1, 0.5, 0.07, 0.01}) {
    const std::string name = t == 0.1    ? "one_way_tau0.1"
                             : t == 0.5  ? "one_way_tau0.5"
                             : t == 0.07 ? "one_way_tau0.07"
                                         : "one_way_tau0.01";
    test::expect_vector(
        "info_nce.json", name,
        [t](const test::Tensors& x) { return info_nce(x.at("q"), x.at("k"), {.temperature = t}); },
        t == 0.01 ? 1e-3 : 1e-4);
  }
}

TEST(InfoNce, SymmetricVectors) {
  const auto learned = [](const test::Tensors& x) {
    return info_nce({.query = x.at("a"), .key = x.at("b"), .logit_scale = x.at("logit_scale")},
                    {.direction = "symmetric"});
  };
  test::expect_vector("symmetric_info_nce.json", "clip_init_scale", learned);
  test::expect_vector("symmetric_info_nce.json", "clip_scale100", learned, 1e-3);
  test::expect_vector("symmetric_info_nce.json", "cmc_sum_two_directions", [](const test::Tensors& x) {
    return info_nce(x.at("a"), x.at("b"), {.temperature = 0.07, .direction = "sum"});
  });
}

TEST(InfoNce, QueueVector) {
  test::expect_vector("moco.json", "queue3_tau0.07", [](const test::Tensors& x) {
    return info_nce_queue(x.at("q"), x.at("k"), x.at("queue"), {.temperature = 0.07});
  });
}

// One way, in loops. in_batch: other keys too; queue rows of the query's id are left out.
double slow(const at::Tensor& query, const at::Tensor& key, const at::Tensor& queue, const std::vector<int>& ids,
            const std::vector<int>& queue_ids, bool in_batch, double t) {
  const auto q = test::rows_of(query), k = test::rows_of(key), m = test::rows_of(queue);
  double sum = 0;
  for (size_t i = 0; i < q.size(); ++i) {
    std::vector<double> below{test::cosine(q[i], k[i]) / t};
    for (size_t j = 0; j < k.size() && in_batch; ++j)
      if (ids[j] != ids[i]) below.push_back(test::cosine(q[i], k[j]) / t);
    for (size_t j = 0; j < m.size(); ++j)
      if (queue_ids[j] != ids[i]) below.push_back(test::cosine(q[i], m[j]) / t);
    sum += test::lse(below) - below[0];
  }
  return sum / static_cast<double>(q.size());
}

TEST(InfoNce, QueueAndBatchWithIds) {
  const at::Tensor q = random_rows(4, 3, 1), k = random_rows(4, 3, 2), queue = random_rows(5, 3, 3);
  InfoNceInputs in{.query = q, .key = k, .queue = queue};
  in.ids = torch::tensor({7, 8, 7, 9}, torch::kLong);
  in.queue_ids = torch::tensor({1, 8, 2, 3, 7}, torch::kLong);
  for (const bool in_batch : {false, true})
    EXPECT_NEAR(info_nce(in, {.temperature = 0.2, .in_batch = in_batch}).item<double>(),
                slow(q, k, queue, {7, 8, 7, 9}, {1, 8, 2, 3, 7}, in_batch, 0.2), 1e-12);
}

TEST(InfoNce, SharedNegativesAreAQueueWithGradient) {
  const at::Tensor q = random_rows(4, 3, 1), k = random_rows(4, 3, 2), m = random_rows(5, 3, 3);
  EXPECT_NEAR(info_nce_negatives(q, k, m).item<double>(), info_nce_queue(q, k, m).item<double>(), 1e-12);
  const at::Tensor own = m.unsqueeze(0).repeat({4, 1, 1});
  EXPECT_NEAR(info_nce_negatives(q, k, own).item<double>(), info_nce_queue(q, k, m).item<double>(), 1e-12);
  const auto f = [](const std::vector<at::Tensor>& x) {
    return info_nce_negatives(x[0], x[1], x[2], {.temperature = 0.3});
  };
  test::expect_gradients(f, {q, k, m}, "shared negatives");
  test::expect_gradients(f, {q, k, random_rows(8, 3, 4).view({4, 2, 3})}, "own negatives");
  const auto queue = [](const std::vector<at::Tensor>& x) { return info_nce_queue(x[0], x[1], x[2]); };
  EXPECT_EQ(test::gradients_of(queue, {q, k, m})[2].abs().max().item<double>(), 0);
}

TEST(InfoNce, EqualRowsGiveTheLogarithmOfTheTerms) {
  const at::Tensor x = torch::ones({6, 4}, torch::kFloat64), queue = torch::ones({10, 4}, torch::kFloat64);
  EXPECT_NEAR(info_nce(x, x).item<double>(), std::log(6), 1e-12);
  EXPECT_NEAR(info_nce(x, x, {.direction = "symmetric"}).item<double>(), std::log(6), 1e-12);
  EXPECT_NEAR(info_nce_queue(x, x, queue).item<double>(), std::log(11), 1e-12);
  EXPECT_NEAR(info_nce_queue(x, x, queue, {.in_batch = true}).item<double>(), std::log(16), 1e-12);
}

TEST(InfoNce, SwappedViewsLeaveTheSymmetricValue) {
  const at::Tensor a = random_rows(5, 4, 5), b = random_rows(5, 4, 6);
  EXPECT_NEAR(info_nce(a, b, {.direction = "symmetric"}).item<double>(),
              info_nce(b, a, {.direction = "symmetric"}).item<double>(), 1e-12);
}

TEST(InfoNce, GradientOfTheScale) {
  const auto f = [](const std::vector<at::Tensor>& x) {
    return info_nce({.query = x[0], .key = x[1], .logit_scale = x[2]}, {.direction = "one_way"});
  };
  test::expect_gradients(f, {random_rows(4, 3, 7), random_rows(4, 3, 8), torch::tensor(1.5, torch::kFloat64)}, "scale");
}

TEST(InfoNce, Refusals) {
  const at::Tensor x = random_rows(3, 2, 1);
  EXPECT_THROW(info_nce_queue(x, x, x, {.direction = "symmetric"}), InvalidArgument);
  EXPECT_THROW(info_nce_queue(x, x, random_rows(3, 4, 1)), InvalidArgument);
  EXPECT_THROW(info_nce_queue(x, x, at::Tensor()), InvalidArgument);
  EXPECT_THROW(info_nce_negatives(x, x, random_rows(8, 2, 1).view({4, 2, 2})), InvalidArgument);
  EXPECT_THROW(info_nce(x, x, {.direction = "sideways"}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
