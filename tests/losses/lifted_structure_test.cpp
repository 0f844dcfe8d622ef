// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; the definition in loops; one class, no pair; near duplicates in float32.
#include "kindred/losses/lifted_structure.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(LiftedStructure, SharedVectors) {
  for (const auto* name : {"song2016", "song2016_raw_norms"})
    test::expect_vector("lifted_structured.json", name,
                        [](const test::Tensors& x) { return lifted_structure(x.at("x"), x.at("lab")); });
}

TEST(LiftedStructure, IsItsDefinition) {
  const at::Tensor x = test::random_rows(8, 3, 1);
  const std::vector<int> y{0, 1, 0, 1, 2, 0, 2, 3};
  const auto rows = test::rows_of(x);
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < 8; ++i)
    for (size_t j = i + 1; j < 8; ++j) {
      if (y[i] != y[j]) continue;
      double inside = 0;
      for (size_t k = 0; k < 8; ++k) {
        if (y[k] != y[i]) inside += std::exp(1.5 - test::distance(rows[i], rows[k]));
        if (y[k] != y[j]) inside += std::exp(1.5 - test::distance(rows[j], rows[k]));
      }
      const double lifted = std::max(0.0, test::distance(rows[i], rows[j]) + std::log(inside));
      sum += lifted * lifted, ++pairs;
    }
  EXPECT_NEAR(lifted_structure(x, torch::tensor(y), {.margin = 1.5}).item<double>(), sum / (2 * pairs), 1e-10);
}

TEST(LiftedStructure, NothingToDoIsZeroWithAGradient) {
  for (const auto& labels : {torch::zeros({4}, torch::kLong), torch::arange(4)}) {
    at::Tensor x = test::random_rows(4, 3, 2).requires_grad_();
    const at::Tensor loss = lifted_structure(x, labels);
    loss.backward();
    EXPECT_EQ(loss.item<double>(), 0);
    EXPECT_EQ(x.grad().abs().max().item<double>(), 0);
  }
}

TEST(LiftedStructure, NearDuplicatesKeepTheirDigits) {
  const at::Tensor x = 100 + test::random_rows(6, 3, 3) * 1e-3;
  const at::Tensor rounded = x.to(torch::kFloat32), labels = torch::tensor({0, 0, 1, 1, 2, 2});
  EXPECT_NEAR(lifted_structure(rounded, labels).item<double>(),
              lifted_structure(rounded.to(torch::kFloat64), labels).item<double>(), 1e-5);
}

}  // namespace
}  // namespace kindred
