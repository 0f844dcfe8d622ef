// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; duplicates by id; the normalised form.
#include "kindred/losses/n_pair.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/info_nce.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(NPair, SharedVectors) {
  for (const double l2 : {0.0, 0.002})
    test::expect_vector("n_pair.json", l2 == 0 ? "sohn2016_mc" : "sohn2016_mc_l2reg",
                        [l2](const test::Tensors& x) { return n_pair(x.at("a"), x.at("p"), {.l2 = l2}); });
}

TEST(NPair, NormalisedIsInfoNceAtOne) {
  const at::Tensor a = test::random_rows(5, 3, 1), p = test::random_rows(5, 3, 2);
  EXPECT_NEAR(n_pair(a, p, {.l2 = 0, .normalize = true}).item<double>(),
              info_nce(a, p, {.temperature = 1}).item<double>(), 1e-12);
}

TEST(NPair, RowsOfOneIdAreNoNegatives) {
  const at::Tensor a = test::random_rows(4, 3, 3), p = test::random_rows(4, 3, 4);
  const std::vector<int> ids{1, 2, 1, 3};
  const auto f = test::rows_of(a), g = test::rows_of(p);
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    double below = 1;
    for (size_t j = 0; j < 4; ++j)
      if (ids[j] != ids[i]) below += std::exp(test::dot(f[i], g[j]) - test::dot(f[i], g[i]));
    sum += std::log(below) / 4;
  }
  EXPECT_NEAR(n_pair(a, p, torch::tensor(ids), {.l2 = 0}).item<double>(), sum, 1e-12);
}

TEST(NPair, HugeRowsStayFinite) {
  const at::Tensor a = 1e4 * test::random_rows(4, 3, 5).to(torch::kFloat32);
  EXPECT_TRUE(torch::isfinite(n_pair(a, -a)).item<bool>());
}

}  // namespace
}  // namespace kindred
