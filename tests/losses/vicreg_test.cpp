// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of both conventions, exact collapse, and the misprinted formula that is not ours; few and many columns in loops.
#include "kindred/losses/vicreg.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss vicreg_with(const VicregOptions& o) {
  return [o](const test::Tensors& x) { return vicreg(x.at("za"), x.at("zb"), o); };
}

TEST(Vicreg, SharedVectors) {
  test::expect_vector("vicreg.json", "code_convention", vicreg_with({.convention = "code"}));
  test::expect_vector("vicreg.json", "paper_convention", vicreg_with({}));
  test::expect_vector("vicreg.json", "collapsed_rows", vicreg_with({.convention = "code"}));
  test::expect_vector("vicreg.json", "pml_same_total", vicreg_with({.convention = "code"}));
}

TEST(Vicreg, IsNotTheMisprint) {
  const auto c = test::vector_case("vicreg.json", "seed_formula_wrong");
  EXPECT_GT(std::abs(vicreg(c.inputs.at("za"), c.inputs.at("zb")).item<double>() - c.value), 1);
}

double spread(const test::Rows& z, double variance, double covariance) {
  const size_t n = z.size(), d = z[0].size();
  double out = 0;
  for (size_t i = 0; i < d; ++i)
    for (size_t j = 0; j < d; ++j) {
      double mean_i = 0, mean_j = 0, c = 0;
      for (const auto& row : z) mean_i += row[i] / static_cast<double>(n), mean_j += row[j] / static_cast<double>(n);
      for (const auto& row : z) c += (row[i] - mean_i) * (row[j] - mean_j) / static_cast<double>(n - 1);
      out += (i == j ? variance * std::max(0.0, 1 - std::sqrt(c + 1e-4)) : covariance * c * c) / static_cast<double>(d);
    }
  return out;
}

TEST(Vicreg, FewAndManyColumns) {
  for (const int64_t d : {3, 9}) {
    const at::Tensor za = test::random_rows(5, d, 1), zb = test::random_rows(5, d, 2);
    const double apart = (za - zb).square().sum(1).mean().item<double>();
    const double want = 25 * apart + spread(test::rows_of(za), 25, 1) + spread(test::rows_of(zb), 25, 1);
    EXPECT_NEAR(vicreg(za, zb).item<double>(), want, 1e-9) << d;
    test::expect_gradients([](const std::vector<at::Tensor>& x) { return vicreg(x[0], x[1]); }, {za, zb}, "vicreg");
  }
}

TEST(Vicreg, OneRowIsRefused) {
  EXPECT_THROW(vicreg(test::random_rows(1, 3, 1), test::random_rows(1, 3, 2)), InvalidArgument);
}

}  // namespace
}  // namespace kindred
