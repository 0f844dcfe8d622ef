// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors without mining; the paper's mining in loops.
#include "kindred/losses/multi_similarity.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(MultiSimilarity, SharedVectors) {
  for (const double base : {0.5, 1.0})
    test::expect_vector("multi_similarity.json", base == 0.5 ? "pml_defaults" : "paper_base1",
                        [base](const test::Tensors& x) {
                          return multi_similarity(x.at("x"), x.at("lab"), {.base = base, .miner = {.kind = "all"}});
                        });
}

TEST(MultiSimilarity, WithItsMining) {
  const at::Tensor x = test::random_rows(9, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2, 0, 2, 3, 1};
  const auto rows = test::rows_of(x);
  double sum = 0;
  int dropped = 0;
  for (size_t i = 0; i < 9; ++i) {
    double nearest = -2, farthest = 2;
    for (size_t j = 0; j < 9; ++j) {
      if (i == j) continue;
      const double s = test::cosine(rows[i], rows[j]);
      if (y[i] == y[j]) farthest = std::min(farthest, s);
      else nearest = std::max(nearest, s);
    }
    double pull = 0, push = 0;
    for (size_t j = 0; j < 9; ++j) {
      if (i == j) continue;
      const double s = test::cosine(rows[i], rows[j]);
      if (y[i] == y[j] && s < nearest + 0.1) pull += std::exp(-2 * (s - 1));
      else if (y[i] != y[j] && farthest < 2 && s > farthest - 0.1) push += std::exp(50 * (s - 1));
      else ++dropped;
    }
    sum += (std::log1p(pull) / 2 + std::log1p(push) / 50) / 9;
  }
  EXPECT_GT(dropped, 0);
  EXPECT_NEAR(multi_similarity(x, torch::tensor(y)).item<double>(), sum, 1e-12);
}

}  // namespace
}  // namespace kindred
