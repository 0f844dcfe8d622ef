// SPDX-License-Identifier: Apache-2.0
// Proves: minimum of a quadratic in closed form, of Rosenbrock's valley, stopping rules and what they report.
#include "kindred/eval/lbfgs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kindred {
namespace {

// sum_i (i + 1)^2 / 2 (x_i - i)^2: condition number 10^4 for 100 parameters.
double quadratic(const std::vector<double>& x, std::vector<double>& gradient) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double weight = std::pow(static_cast<double>(i + 1), 2), off = x[i] - static_cast<double>(i);
    gradient[i] = weight * off;
    sum += weight * off * off / 2;
  }
  return sum;
}

TEST(Lbfgs, FindsTheMinimumOfAQuadratic) {
  std::vector<double> x(100, 0.0);
  const auto result =
      minimise_lbfgs(quadratic, x, {.max_iterations = 2000, .gradient_tolerance = 1e-6, .loss_tolerance = 0});
  EXPECT_TRUE(result.converged);
  EXPECT_LE(result.largest_gradient, 1e-6);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], static_cast<double>(i), 1e-6);
  EXPECT_LT(result.evaluations, 2 * result.iterations);  // the first step tried is nearly always taken
}

TEST(Lbfgs, FollowsRosenbrocksValley) {
  std::vector<double> x{-1.2, 1};
  const auto result = minimise_lbfgs(
      [](const std::vector<double>& p, std::vector<double>& g) {
        const double a = 1 - p[0], b = p[1] - p[0] * p[0];
        g = {-2 * a - 400 * p[0] * b, 200 * b};
        return a * a + 100 * b * b;
      },
      x, {.gradient_tolerance = 1e-10, .loss_tolerance = 0});
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(x[0], 1, 1e-8);
  EXPECT_NEAR(x[1], 1, 1e-8);
}

TEST(Lbfgs, SaysWhenItRanOut) {
  std::vector<double> x(100, 0.0);
  const auto result = minimise_lbfgs(quadratic, x, {.max_iterations = 5});
  EXPECT_FALSE(result.converged);
  EXPECT_EQ(result.iterations, 5);
  EXPECT_GT(result.largest_gradient, 1e-5);
}

TEST(Lbfgs, StopsWhereItStarts) {
  std::vector<double> x{0, 1, 2};
  const auto result = minimise_lbfgs(quadratic, x);
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.iterations, 0);
  EXPECT_EQ(result.evaluations, 1);
}

TEST(Lbfgs, LossThatNoLongerFallsEndsIt) {
  // Steps that win less and less: |x|^1.1 smoothed; the loss rule stops long before the gradient rule would.
  std::vector<double> x(40, 3.0);
  const Objective slow = [](const std::vector<double>& p, std::vector<double>& g) {
    double sum = 1000;
    for (size_t i = 0; i < p.size(); ++i) {
      const double w = std::pow(1.1, static_cast<double>(i)), s = std::sqrt(1 + w * p[i] * p[i]);
      sum += s;
      g[i] = w * p[i] / s;
    }
    return sum;
  };
  const auto result =
      minimise_lbfgs(slow, x, {.max_iterations = 1000, .gradient_tolerance = 0, .loss_tolerance = 1e-6});
  EXPECT_TRUE(result.converged);
  EXPECT_LT(result.iterations, 1000);
  EXPECT_NEAR(result.loss, 1040, 0.1);
}

}  // namespace
}  // namespace kindred
