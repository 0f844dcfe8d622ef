// SPDX-License-Identifier: Apache-2.0
// Proves: distances and squared distances between two sets, and within one, are those of plain differences in double, values and
// gradients (also against central differences); the slope at distance 0 is 0; near duplicates keep their digits; rows and columns
// that lie apart; the same bits on 1, 2 and 3 threads.
//
// Tolerance: sums of up to 300 terms, of the largest entry: 1e-5 (float), 1e-12 (double).
#include "kindred/ops/pair_distances.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

// The definition, by the whole [N, M, D] of differences; with the slope 0 at distance 0.
at::Tensor slow_distances(const at::Tensor& a, const at::Tensor& b, bool squared) {
  const at::Tensor square = (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);
  if (squared) return square;
  const at::Tensor apart = square.detach() > 0;
  return torch::where(apart, torch::where(apart, square, torch::ones_like(square)).sqrt(), torch::zeros_like(square));
}

double distance_error(const at::Tensor& got, const at::Tensor& want) {
  return (got.to(torch::kDouble) - want).abs().max().item<double>() / (1e-3 + want.abs().max().item<double>());
}

struct DistanceShape {
  int64_t n, m, d;
};
const std::vector<DistanceShape> kDistanceShapes{{1, 1, 1}, {2, 5, 3}, {17, 4, 16}, {33, 47, 49}, {70, 90, 300}};

TEST(PairDistances, OfTwoSetsAreThoseOfTheDifferences) {
  for (const auto& [n, m, d] : kDistanceShapes)
    for (const bool squared : {false, true})
      for (const auto type : {torch::kFloat, torch::kDouble}) {
        const double tolerance = type == torch::kFloat ? 1e-5 : 1e-12;
        const at::Tensor a = test::random_rows(n, d, 1).to(type), b = test::random_rows(m, d, 2).to(type),
                         w = test::random_rows(n, m, 3).to(type);
        const at::Tensor ea = a.to(torch::kDouble).clone().requires_grad_(),
                         eb = b.to(torch::kDouble).clone().requires_grad_();
        const at::Tensor fa = a.clone().requires_grad_(), fb = b.clone().requires_grad_();
        const at::Tensor want = slow_distances(ea, eb, squared), got = pair_distances(fa, fb, squared);
        ASSERT_EQ(got.scalar_type(), type);
        EXPECT_LT(distance_error(got, want), tolerance) << n << " x " << m << " x " << d;
        (want * w.to(torch::kDouble)).sum().backward();
        (got * w).sum().backward();
        EXPECT_LT(distance_error(fa.grad(), ea.grad()), tolerance) << n << " x " << m << " x " << d;
        EXPECT_LT(distance_error(fb.grad(), eb.grad()), tolerance) << n << " x " << m << " x " << d;
      }
}

TEST(PairDistances, WithinOneSetHaveASlopeOfZeroAtZero) {
  for (const int64_t n : {1, 6, 40})
    for (const bool squared : {false, true}) {
      at::Tensor x = test::random_rows(n, 7, 4);
      if (n > 1) x[1].copy_(x[0]);  // duplicates
      const at::Tensor w = test::random_rows(n, n, 5), exact = x.clone().requires_grad_(),
                       z = x.clone().requires_grad_();
      const at::Tensor want = slow_distances(exact, exact, squared), got = pair_distances(z, z, squared);
      EXPECT_LT(distance_error(got, want), 1e-12);
      EXPECT_EQ(got.diagonal().abs().max().item<double>(), 0);
      (want * w).sum().backward();
      (got * w).sum().backward();
      EXPECT_TRUE(torch::isfinite(z.grad()).all().item<bool>());
      EXPECT_LT(distance_error(z.grad(), exact.grad()), 1e-12) << n;
    }
}

TEST(PairDistances, GradientIsThatOfDifferences) {
  const at::Tensor w = test::random_rows(4, 3, 6), own = test::random_rows(4, 4, 7);
  for (const bool squared : {false, true}) {
    test::expect_gradients(
        [&](const std::vector<at::Tensor>& x) { return (pair_distances(x[0], x[1], squared) * w).sum(); },
        {test::random_rows(4, 5, 8), test::random_rows(3, 5, 9)}, "two sets");
    if (squared)  // differences of the root at 0 are 0, but the root has a kink there
      test::expect_gradients(
          [&](const std::vector<at::Tensor>& x) { return (pair_distances(x[0], x[0], squared) * own).sum(); },
          {test::random_rows(4, 5, 8)}, "one set");
  }
}

TEST(PairDistances, OfNearDuplicatesKeepTheirDigits) {
  const at::Tensor a = torch::full({2, 16}, 1000.0f), b = a + 0.0625f;  // exact; |a|^2 + |b|^2 - 2 ab would lose it all
  EXPECT_EQ((pair_distances(a, b, false) - 0.25f).abs().max().item<float>(), 0);
}

TEST(PairDistances, TakeRowsAndColumnsThatLieApart) {
  const at::Tensor wide = test::random_rows(9, 40, 10), turned = test::random_rows(12, 9, 11).t();  // [9, 12]
  const at::Tensor part = wide.narrow(1, 3, 12);
  EXPECT_TRUE(
      torch::equal(pair_distances(part, turned, false), pair_distances(part.contiguous(), turned.contiguous(), false)));
}

TEST(PairDistances, GiveTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor a = test::random_rows(100, 40, 12).to(torch::kFloat),
                   b = test::random_rows(130, 40, 13).to(torch::kFloat);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> first;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const at::Tensor x = a.clone().requires_grad_(), y = b.clone().requires_grad_(), out = pair_distances(x, y, false);
    out.sum().backward();
    const std::vector<at::Tensor> all{out.detach(), x.grad(), y.grad()};
    if (threads == 1) first = all;
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_TRUE(torch::equal(all[i], first[i])) << threads << " threads, result " << i;
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
