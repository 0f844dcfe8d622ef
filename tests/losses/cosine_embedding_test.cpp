// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; zero rows; scores and labels as pairs; per-pair terms.
#include "kindred/losses/cosine_embedding.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(CosineEmbedding, SharedVectors) {
  test::expect_vector("cosine_embedding.json", "margin0.5", [](const test::Tensors& x) {
    return cosine_embedding_rows(x.at("x1"), x.at("x2"), x.at("y"), {.margin = 0.5});
  });
  test::expect_vector("edge_cases.json", "zero_vector",
                      [](const test::Tensors& x) { return cosine_embedding_rows(x.at("x1"), x.at("x2"), x.at("y")); });
}

TEST(CosineEmbedding, PairsByHand) {
  // Cosines 0.8, 0.8, 0.6, 0.28 and labels 1, -1, 1, -1 of the shared case; the terms by hand at margin 0.5.
  const auto c = test::vector_case("cosine_embedding.json", "margin0.5");
  const at::Tensor terms = cosine_embedding_rows(c.inputs.at("x1"), c.inputs.at("x2"), c.inputs.at("y"),
                                                 {.margin = 0.5, .reduction = "none"});
  EXPECT_TRUE(torch::allclose(terms, torch::tensor({0.2, 0.3, 0.1, 0.0}, torch::kFloat64), 1e-9, 1e-9));
}

TEST(CosineEmbedding, ScoresSayWhoIsAlike) {
  const at::Tensor x = test::random_rows(4, 3, 1);
  const std::vector<double> score{0, 1, 2.5, 6};
  const auto rows = test::rows_of(x);
  double sum = 0, count = 0;
  for (size_t i = 0; i < 4; ++i)
    for (size_t j = 0; j < 4; ++j) {
      const double d = std::abs(score[i] - score[j]), s = test::cosine(rows[i], rows[j]);
      if (i == j || (d > 1.5 && d <= 4)) continue;
      sum += d <= 1.5 ? 1 - s : std::max(0.0, s), ++count;
    }
  const Relation relation =
      relation_by_score(torch::tensor(score, torch::kFloat64), {}, {.max_delta = 1.5, .min_negative_delta = 4});
  EXPECT_NEAR(cosine_embedding(x, relation).item<double>(), sum / count, 1e-12);
}

TEST(CosineEmbedding, OppositeRowsAreStationary) {
  at::Tensor a = torch::tensor({{1.0, 2.0}}, torch::kFloat64).requires_grad_();
  const at::Tensor loss = cosine_embedding_rows(a, -a.detach(), torch::ones({1}));
  loss.backward();
  EXPECT_NEAR(loss.item<double>(), 2, 1e-12);
  EXPECT_LT(a.grad().abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace kindred
