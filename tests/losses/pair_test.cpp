// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of Hadsell, Chopra and pytorch-metric-learning; per-pair terms; the point D = 0.
#include "kindred/losses/pair.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss rows_with(const PairOptions& o) {
  return [o](const test::Tensors& x) { return pair_rows(x.at("x1"), x.at("x2"), x.at("y"), o); };
}

TEST(Pair, SharedVectors) {
  test::expect_vector("pair_contrastive.json", "hadsell2006", rows_with({}));
  test::expect_vector("pair_contrastive.json", "chopra2005_exponential", rows_with({.form = "chopra"}));
  test::expect_vector("pair_contrastive.json", "pml_convention", [](const test::Tensors& x) {
    return pair(x.at("x"), relation_by_label(x.at("lab"), {}),
                {.form = "linear", .reduction = "mean_nonzero", .apart = true});
  });
}

TEST(Pair, TermsByHand) {
  const auto c = test::vector_case("pair_contrastive.json", "hadsell2006");
  const at::Tensor terms =
      pair_rows(c.inputs.at("x1"), c.inputs.at("x2"), c.inputs.at("y"), {.reduction = "per_anchor"});
  EXPECT_TRUE(torch::allclose(terms, torch::tensor({0.125, 0.125, 0.0}, torch::kFloat64), 1e-9, 1e-9));
}

TEST(Pair, AllPairsInLoops) {
  const at::Tensor x = test::random_rows(6, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2, 0};
  const auto rows = test::rows_of(x);
  double sum = 0;
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 6; ++j) {
      if (i == j) continue;
      const double d = 1 - test::cosine(rows[i], rows[j]), hinge = std::max(0.0, 0.7 - d);
      sum += 0.5 * (y[i] == y[j] ? d * d : hinge * hinge) / 30;
    }
  const Relation relation = relation_by_label(torch::tensor(y), {});
  EXPECT_NEAR(pair(x, relation, {.margin = 0.7, .distance = "cosine"}).item<double>(), sum, 1e-12);
}

TEST(Pair, EqualRowsThatShouldDifferGetNoDirection) {
  at::Tensor a = torch::ones({2, 3}, torch::kFloat64).requires_grad_();
  const at::Tensor loss = pair_rows(a, torch::ones({2, 3}, torch::kFloat64), torch::zeros({2}));
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), 0.5, 1e-12);  // half the squared margin: collapse is no minimum
  EXPECT_EQ(a.grad().abs().max().item<double>(), 0);
}

TEST(Pair, Refusals) {
  const at::Tensor x = test::random_rows(3, 2, 2);
  EXPECT_THROW(pair_rows(x, x, torch::ones({2})), InvalidArgument);
  EXPECT_THROW(pair_rows(x, x, torch::ones({3}), {.reduction = "none", .apart = true}), InvalidArgument);
  EXPECT_THROW(pair(x, {torch::ones({3, 3}), torch::ones({3, 3})}), InvalidArgument);
  EXPECT_THROW(pair_rows(x, x, torch::ones({3}), {.distance = "hamming"}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
