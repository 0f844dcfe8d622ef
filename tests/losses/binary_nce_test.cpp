// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; pooled averages and the bias in loops; no overflow far out.
#include "kindred/losses/binary_nce.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(BinaryNce, SharedVector) {
  test::expect_vector("binary_nce.json", "logistic_pairs", [](const test::Tensors& x) {
    return binary_nce(x.at("x"), relation_by_label(x.at("lab"), {}), {.temperature = 0.5});
  });
}

TEST(BinaryNce, PooledWithBias) {
  const at::Tensor x = test::random_rows(5, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2};
  const auto rows = test::rows_of(x);
  double sum = 0;
  for (size_t i = 0; i < 5; ++i)
    for (size_t j = 0; j < 5; ++j) {
      if (i == j) continue;
      const double l = test::cosine(rows[i], rows[j]) / 0.3 - 2;
      sum += std::log1p(std::exp(y[i] == y[j] ? -l : l)) / 20;
    }
  const Relation relation = relation_by_label(torch::tensor(y), {});
  EXPECT_NEAR(binary_nce(x, relation, {.temperature = 0.3, .bias = -2, .pooled = true}).item<double>(), sum, 1e-12);
}

TEST(BinaryNce, FarLogitsStayExact) {
  const at::Tensor x = torch::tensor({{1000.0, 0.0}, {-1000.0, 0.0}}, torch::kFloat64);
  const Relation alike = relation_by_label(torch::tensor({0, 0}), {});
  EXPECT_NEAR(binary_nce(x, alike, {.temperature = 1, .similarity = "dot"}).item<double>(), 1e6, 1e-6);
}

}  // namespace
}  // namespace kindred
