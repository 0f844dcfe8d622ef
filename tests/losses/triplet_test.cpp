// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors (FaceNet, torch, batch all, batch hard); all triplets in loops for every reduction and distance; the carried gradient; stretches of pairs.
#include "kindred/losses/triplet.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss triplet_rows_with(const TripletOptions& o) {
  return [o](const test::Tensors& x) { return triplet_rows(x.at("a"), x.at("p"), x.at("n"), o); };
}
test::VectorLoss batch_with(const TripletOptions& o) {
  return [o](const test::Tensors& x) { return triplet(x.at("x"), x.at("lab"), o); };
}

TEST(Triplet, SharedVectors) {
  test::expect_vector("triplet.json", "facenet_squared", triplet_rows_with({.normalize = false}));
  test::expect_vector(
      "triplet.json", "euclidean_torch",
      triplet_rows_with({.margin = 1, .distance = "euclidean", .normalize = false, .coordinate_epsilon = 1e-6}));
  test::expect_vector("triplet.json", "batch_all_pml",
                      batch_with({.margin = 0.05, .distance = "euclidean", .reduction = "mean_nonzero"}));
  test::expect_vector("triplet.json", "batch_all_mean", batch_with({.margin = 0.05, .distance = "euclidean"}));
  test::expect_vector("triplet.json", "batch_hard",
                      batch_with({.distance = "euclidean", .normalize = false, .miner = {.kind = "hard"}}));
}

// [anchor, term] of every triplet.
std::vector<std::pair<size_t, double>> all_terms(const at::Tensor& x, const std::vector<int>& y, double margin,
                                                 bool soft) {
  const auto rows = test::rows_of(x);
  std::vector<std::pair<size_t, double>> out;
  for (size_t a = 0; a < y.size(); ++a)
    for (size_t p = 0; p < y.size(); ++p)
      for (size_t n = 0; n < y.size(); ++n) {
        if (a == p || y[a] != y[p] || y[a] == y[n]) continue;
        const double gap =
            std::pow(test::distance(rows[a], rows[p]), 2) - std::pow(test::distance(rows[a], rows[n]), 2);
        out.emplace_back(a, soft ? std::log1p(std::exp(gap)) : std::max(0.0, gap + margin));
      }
  return out;
}

TEST(Triplet, AllTripletsInLoops) {
  const at::Tensor x = test::random_rows(8, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2, 0, 2, 3};
  for (const bool soft : {false, true}) {
    const auto terms = all_terms(x, y, 0.2, soft);
    double sum = 0, nonzero = 0;
    std::vector<double> anchor_sum(8), anchor_count(8);
    for (const auto& [a, t] : terms) sum += t, nonzero += t > 0, anchor_sum[a] += t, ++anchor_count[a];
    const auto run = [&](const std::string& reduction) {
      return triplet(x, torch::tensor(y), {.soft = soft, .normalize = false, .reduction = reduction});
    };
    EXPECT_NEAR(run("sum").item<double>(), sum, 1e-10);
    EXPECT_NEAR(run("mean").item<double>(), sum / static_cast<double>(terms.size()), 1e-10);
    EXPECT_NEAR(run("mean_nonzero").item<double>(), sum / nonzero, 1e-10);
    const auto per_anchor = run("per_anchor");
    for (size_t a = 0; a < 8; ++a)
      EXPECT_NEAR(per_anchor[static_cast<int64_t>(a)].item<double>(), anchor_sum[a] / std::max(1.0, anchor_count[a]),
                  1e-10);
    EXPECT_EQ(run("none").size(0), static_cast<int64_t>(terms.size()));
    EXPECT_NEAR(run("none").sum().item<double>(), sum, 1e-10);
  }
}

TEST(Triplet, CarriedGradientIsThatOfTheList) {
  const at::Tensor x = test::random_rows(9, 4, 2), y = torch::tensor({0, 1, 0, 1, 2, 0, 2, 3, 1});
  for (const auto* distance : {"cosine", "dot", "euclidean", "squared_euclidean"})
    for (const bool soft : {false, true}) {
      const auto sums = [&](const std::vector<at::Tensor>& in) {
        return triplet(in[0], y, {.soft = soft, .distance = distance, .reduction = "sum"});
      };
      const auto list = [&](const std::vector<at::Tensor>& in) {
        return triplet(in[0], y, {.soft = soft, .distance = distance, .reduction = "none"}).sum();
      };
      EXPECT_TRUE(torch::allclose(test::gradients_of(sums, {x})[0], test::gradients_of(list, {x})[0], 1e-9, 1e-11))
          << distance;
      test::expect_gradients(sums, {x}, distance);
    }
}

TEST(Triplet, EveryMinerHasItsGradient) {
  const at::Tensor x = test::random_rows(8, 3, 3), y = torch::tensor({0, 1, 0, 1, 2, 0, 2, 3});
  for (const auto* kind :
       {"hard", "semi_hard", "semi_hard_all", "easy_positive", "distance_weighted", "multi_similarity"})
    test::expect_gradients(
        [&](const std::vector<at::Tensor>& in) {
          return triplet(in[0], y, {.margin = 0.5, .miner = {.kind = kind}}, 11);
        },
        {x}, kind);
}

// 2100 rows make more than one stretch of (a, p) pairs; two classes on a line have a closed form.
TEST(Triplet, ManyPairsInStretches) {
  const int64_t n = 2100;
  const at::Tensor y = torch::arange(n).remainder(300);
  at::Tensor x = torch::zeros({n, 1}, torch::kFloat64);
  x.slice(0, 0, n, 300).fill_(1);  // class 0 alone stands at 1; all others at 0, so they do not differ
  const double loss = triplet(x, y, {.margin = 0.5, .distance = "euclidean", .normalize = false}).item<double>();
  // Per anchor 6 positives at distance 0. Class 0: all negatives at distance 1: no loss. Others: 7 negatives at distance 1,
  // 2086 at distance 0 with loss 0.5.
  EXPECT_NEAR(loss, 0.5 * (299.0 / 300) * (2086.0 / 2093), 1e-9);
}

TEST(Triplet, NoTripletIsZeroWithAGradient) {
  for (const auto* kind : {"all", "hard", "semi_hard", "distance_weighted"})
    for (const auto& y : {torch::zeros({4}, torch::kLong), torch::arange(4)}) {
      at::Tensor x = test::random_rows(4, 3, 4).requires_grad_();
      const at::Tensor loss = triplet(x, y, {.miner = {.kind = kind}});
      loss.backward();
      EXPECT_EQ(loss.item<double>(), 0) << kind;
      EXPECT_EQ(x.grad().abs().max().item<double>(), 0) << kind;
    }
}

}  // namespace
}  // namespace kindred
