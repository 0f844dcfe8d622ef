// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of both denominators; neighbours by loops, ties to the lowest row.
#include "kindred/losses/nnclr.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Nnclr, SharedVectors) {
  for (const auto* form : {"paper", "nt_xent"})
    test::expect_vector("nnclr.json", form == std::string("paper") ? "paper_denominator" : "lightly_convention",
                        [form](const test::Tensors& x) {
                          return nnclr(x.at("nn1"), x.at("p2"), x.at("nn2"), x.at("p1"), {.denominators = form});
                        });
}

TEST(Nnclr, NeighboursAreTheNearestUnitRows) {
  const at::Tensor z = test::random_rows(5, 3, 1), support = test::random_rows(8, 3, 2);
  const auto a = test::rows_of(z), b = test::rows_of(support), found = test::rows_of(nearest_neighbours(z, support));
  for (size_t i = 0; i < 5; ++i) {
    size_t best = 0;
    for (size_t j = 1; j < 8; ++j)
      if (test::cosine(a[i], b[j]) > test::cosine(a[i], b[best])) best = j;
    for (size_t d = 0; d < 3; ++d) EXPECT_NEAR(found[i][d], test::unit(b[best])[d], 1e-12);
  }
}

TEST(Nnclr, NeighboursCarryNoGradient) {
  at::Tensor nn = test::random_rows(3, 2, 3).requires_grad_(), p = test::random_rows(3, 2, 4).requires_grad_();
  nnclr(nn, p, nn, p).backward();
  EXPECT_FALSE(nn.grad().defined());
  EXPECT_TRUE(p.grad().defined());
  EXPECT_FALSE(nearest_neighbours(p, nn).requires_grad());
}

}  // namespace
}  // namespace kindred
