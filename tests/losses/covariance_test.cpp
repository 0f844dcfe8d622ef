// SPDX-License-Identifier: Apache-2.0
// Proves: the sum of off-diagonal squares by loops on both sides of d = n, with its gradient.
#include "kindred/losses/covariance.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(Covariance, OffDiagonalSquares) {
  for (const int64_t d : {2, 5, 9}) {
    const at::Tensor x = test::random_rows(5, d, 1), y = test::random_rows(5, d, 2);
    const auto a = test::rows_of(x.t()), b = test::rows_of(y.t());
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i)
      for (size_t j = 0; j < b.size(); ++j)
        if (i != j) sum += std::pow(test::dot(a[i], b[j]), 2);
    EXPECT_NEAR(off_diagonal_square_sum(x, y).item<double>(), sum, 1e-10 * sum) << d;
    test::expect_gradients([](const std::vector<at::Tensor>& in) { return off_diagonal_square_sum(in[0], in[1]); },
                           {x, y}, "squares");
  }
  EXPECT_LT(centred(test::random_rows(5, 3, 3)).sum(0).abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace kindred
