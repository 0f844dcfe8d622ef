// SPDX-License-Identifier: Apache-2.0
// Proves: each figure against NumPy, the shared vectors and closed forms; tiles larger than one; threads.
#include "kindred/eval/cloud.h"

#include <gtest/gtest.h>

#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(Cloud, NumpyAgrees) {
  const auto item = test::golden_json("eval_oracles.json").at("cloud");
  const auto unit = unit_rows_double(test::rows_of(item["x"], at::kDouble));  // six decimals of what NumPy had
  EXPECT_NEAR(std_sqrt_d(unit), item["std_sqrt_d"].get<double>(), 1e-7);
  EXPECT_NEAR(effective_rank(unit), item["effective_rank"].get<double>(), 1e-6);
  EXPECT_NEAR(uniformity(unit), item["uniformity"].get<double>(), 1e-8);
}

TEST(Cloud, SharedVectors) {
  const auto uniform = test::golden_case("vectors/align_uniform.json", "uniformity_t2");
  EXPECT_NEAR(uniformity(unit_rows_double(test::rows_of(uniform["inputs"]["x"], at::kDouble))),
              uniform["expected_value"].get<double>(), 1e-10);
  const auto aligned = test::golden_case("vectors/align_uniform.json", "alignment_alpha2");
  EXPECT_NEAR(alignment(unit_rows_double(test::rows_of(aligned["inputs"]["x"], at::kDouble)),
                        unit_rows_double(test::rows_of(aligned["inputs"]["y"], at::kDouble))),
              aligned["expected_value"].get<double>(), 1e-10);
  const auto five = test::golden_case("vectors/retrieval_and_probe.json", "five_rows");
  const auto unit = unit_rows_double(test::rows_of(five["inputs"]["x"], at::kDouble));
  EXPECT_NEAR(uniformity(unit), five["expected_value"]["uniformity_i_lt_j"].get<double>(), 1e-10);
  EXPECT_NEAR(tolerance(unit, five["inputs"]["labels"].get<std::vector<int64_t>>()),
              five["expected_value"]["tolerance_mean_over_same_class_pairs_without_self"].get<double>(), 1e-10);
}

TEST(EffectiveRank, ClosedForms) {
  // +-e_1 .. +-e_r: r equal singular values.
  for (const int64_t r : {1, 3, 8}) {
    const auto axes = at::eye(8, at::kDouble).narrow(0, 0, r);
    EXPECT_NEAR(effective_rank(at::cat({axes, -axes})), static_cast<double>(r), 1e-9);  // N > D or N < D
    EXPECT_NEAR(effective_rank(at::cat({axes, -axes}).repeat({5, 1})), static_cast<double>(r), 1e-9);
  }
  EXPECT_EQ(effective_rank(at::ones({6, 4}, at::kDouble) / 2), 0);
}

TEST(EffectiveRank, RoundingIsNotASpread) {
  // One point, stored in float32 with noise in the last bit: still one point.
  const auto row = test::normal_rows(1, 32, 1).expand({100, 32});
  EXPECT_EQ(effective_rank(unit_rows_double(row * (1 + 1e-7 * test::normal_rows(100, 1, 2)))), 0);
  EXPECT_LT(std_sqrt_d(unit_rows_double(row)), 1e-6);
}

TEST(Cloud, UniformOnTheSphere) {
  // Independent directions: cosines of variance 1 / D, so std sqrt(D) is sqrt(1 - 1 / N) and uniformity is near
  // log E exp(-4 + 4 c) = -4 + 8 / D (normal approximation).
  const auto unit = unit_rows_double(test::normal_rows(700, 128, 3));
  EXPECT_NEAR(std_sqrt_d(unit), 1, 0.01);
  EXPECT_NEAR(uniformity(unit), -4 + 8.0 / 128, 0.01);
  EXPECT_GT(effective_rank(unit), 110);
}

TEST(Uniformity, EqualsTheDoubleLoopOverSeveralTiles) {
  const auto unit = unit_rows_double(test::normal_rows(600, 3, 4));
  const double* x = unit.data_ptr<double>();
  double sum = 0;
  for (int64_t i = 0; i < 600; ++i)
    for (int64_t j = i + 1; j < 600; ++j) {
      double square = 0;
      for (int64_t l = 0; l < 3; ++l) square += (x[3 * i + l] - x[3 * j + l]) * (x[3 * i + l] - x[3 * j + l]);
      sum += std::exp(-2 * square);
    }
  const double expected = std::log(sum / (600 * 599 / 2));
  EXPECT_NEAR(uniformity(unit), expected, 1e-12);
  EXPECT_TRUE(std::isnan(uniformity(unit.narrow(0, 0, 1))));
}

TEST(Tolerance, NoPairsIsNaN) {
  const auto unit = unit_rows_double(test::normal_rows(4, 3, 5));
  EXPECT_TRUE(std::isnan(tolerance(unit, {0, 1, 2, 3})));
  EXPECT_TRUE(std::isnan(tolerance(unit, {-1, -1, -1, -1})));
  const double expected = (unit[0] * unit[2]).sum().item<double>();
  EXPECT_NEAR(tolerance(unit, {5, -1, 5, 1}), expected, 1e-12);
}

TEST(Cloud, ThreadsDoNotMatter) {
  const auto unit = unit_rows_double(test::normal_rows(500, 96, 6));
  const auto figures = [&] { return std::vector<double>{std_sqrt_d(unit), effective_rank(unit), uniformity(unit)}; };
  EXPECT_EQ(test::with_threads(1, figures), test::with_threads(2, figures));
}

}  // namespace
}  // namespace kindred
