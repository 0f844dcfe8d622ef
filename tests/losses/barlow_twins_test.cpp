// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; the definition in loops on both sides of d = n; a constant column; the scale.
#include "kindred/losses/barlow_twins.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(BarlowTwins, SharedVectors) {
  for (const double lambda : {0.0051, 0.005})
    test::expect_vector(
        "barlow_twins.json", lambda == 0.005 ? "lambda0.005" : "lambda0.0051",
        [lambda](const test::Tensors& x) { return barlow_twins(x.at("za"), x.at("zb"), {.lambda = lambda}); });
}

std::vector<double> column(const test::Rows& rows, size_t j) {
  std::vector<double> out;
  for (const auto& row : rows) out.push_back(row[j]);
  const double n = static_cast<double>(out.size());
  double mean = 0, square = 0;
  for (const double v : out) mean += v / n;
  for (auto& v : out) v -= mean, square += v * v / n;
  for (auto& v : out) v /= std::sqrt(square + 1e-5);
  return out;
}

TEST(BarlowTwins, IsItsDefinitionForFewAndManyColumns) {
  for (const int64_t d : {3, 9}) {
    const at::Tensor za = test::random_rows(5, d, 1), zb = test::random_rows(5, d, 2);
    double sum = 0;
    for (int64_t i = 0; i < d; ++i)
      for (int64_t j = 0; j < d; ++j) {
        const double c = test::dot(column(test::rows_of(za), static_cast<size_t>(i)),
                                   column(test::rows_of(zb), static_cast<size_t>(j))) /
                         5;
        sum += i == j ? (1 - c) * (1 - c) : 0.0051 * c * c;
      }
    EXPECT_NEAR(barlow_twins(za, zb).item<double>(), sum, 1e-10) << d;
    EXPECT_NEAR(barlow_twins(za, zb, {.scale = 0.024}).item<double>(), 0.024 * sum, 1e-10) << d;
    test::expect_gradients([](const std::vector<at::Tensor>& x) { return barlow_twins(x[0], x[1]); }, {za, zb}, "d");
  }
}

TEST(BarlowTwins, AConstantColumnCountsOne) {
  at::Tensor za = test::random_rows(4, 1, 3);
  za.fill_(2.5);
  EXPECT_NEAR(barlow_twins(za, za).item<double>(), 1, 1e-12);
  EXPECT_THROW(barlow_twins(za.slice(0, 0, 1), za.slice(0, 0, 1)), InvalidArgument);
}

}  // namespace
}  // namespace kindred
