// SPDX-License-Identifier: Apache-2.0
// Proves: fused VICReg and Barlow Twins are their definitions, written in plain tensor operations in double and differentiated by
// autograd, value and both gradients, for 2 to 300 rows of up to 300 columns, beside large means, with columns at the kink's far
// side; central differences agree; equal columns and constant columns give finite numbers; the same bits on 1, 2 and 3 threads.
//
// Tolerance, of the largest entry: 2e-4 (float: a sum of D^2 squares of sums of N), 1e-9 (double).
#include "kindred/ops/covariance_losses.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

using Leaves = std::vector<at::Tensor>;

at::Tensor off_squares(const at::Tensor& c) { return c.square().sum() - c.diagonal().square().sum(); }

at::Tensor slow_vicreg(const at::Tensor& a, const at::Tensor& b, const VicregWeights& w) {
  at::Tensor out = w.invariance * (a - b).square().sum();
  for (const at::Tensor& x : {a, b}) {
    const at::Tensor c = x - x.mean(0), deviation = (x.var(0, /*unbiased=*/true) + w.epsilon).sqrt();
    out = out + w.variance * torch::relu(w.gamma - deviation).sum() + w.covariance * off_squares(c.t().mm(c));
  }
  return out;
}
at::Tensor slow_barlow(const at::Tensor& a, const at::Tensor& b, const BarlowWeights& w) {
  const auto standardised = [&](const at::Tensor& x) {
    return (x - x.mean(0)) / (x.var(0, /*unbiased=*/false) + w.epsilon).sqrt();
  };
  const at::Tensor c = standardised(a).t().mm(standardised(b)) / static_cast<double>(a.size(0));
  return w.scale * ((1 - c.diagonal()).square().sum() + w.lambda * off_squares(c));
}

VicregWeights vicreg_weights(int64_t n, int64_t d, double gamma = 1) {
  const double rows = static_cast<double>(n), columns = static_cast<double>(d), n1 = std::max(1.0, rows - 1);
  return {.invariance = 25 / rows,
          .variance = 25 / columns,
          .covariance = 1 / (n1 * n1 * columns),
          .gamma = gamma,
          .epsilon = 1e-4};
}
constexpr BarlowWeights kBarlow{.scale = 0.1, .lambda = 0.05, .epsilon = 1e-5};

void expect_same(const test::ScalarFunction& fused, const test::ScalarFunction& slow, const Leaves& given,
                 at::ScalarType type, const std::string& what) {
  const double tolerance = type == torch::kFloat ? 2e-4 : 1e-9;
  Leaves exact, rounded;
  for (const auto& x : given) {
    rounded.push_back(x.to(type).clone().requires_grad_());
    exact.push_back(rounded.back().detach().to(torch::kDouble).clone().requires_grad_());
  }
  const at::Tensor got = fused(rounded), want = slow(exact);
  ASSERT_EQ(got.scalar_type(), type);
  ASSERT_EQ(got.dim(), 0);
  EXPECT_NEAR(got.item<double>(), want.item<double>(), tolerance * (1e-6 + std::abs(want.item<double>()))) << what;
  (got * 3).backward();
  (want * 3).backward();
  for (size_t i = 0; i < given.size(); ++i)
    EXPECT_LT((rounded[i].grad().to(torch::kDouble) - exact[i].grad()).abs().max().item<double>(),
              tolerance * (1e-9 + exact[i].grad().abs().max().item<double>()))
        << what << ", input " << i;
}

struct CovarianceShape {
  int64_t n, d;
};
const std::vector<CovarianceShape> kCovarianceShapes{{2, 1},    {2, 3},     {5, 5},    {33, 17},
                                                     {300, 48}, {257, 241}, {40, 300}, {300, 300}};

TEST(CovarianceLosses, VicregIsItsDefinition) {
  for (const auto& [n, d] : kCovarianceShapes)
    for (const double mean : {0.0, 10.0})
      for (const double gamma : {1.0, 5.0, 0.0})  // some columns short of it; all; none
        for (const auto type : {torch::kFloat, torch::kDouble}) {
          const VicregWeights w = vicreg_weights(n, d, gamma);
          expect_same([&](const Leaves& x) { return fused_vicreg(x[0], x[1], w); },
                      [&](const Leaves& x) { return slow_vicreg(x[0], x[1], w); },
                      {test::random_rows(n, d, 1) + mean, test::random_rows(n, d, 2) - mean}, type,
                      std::to_string(n) + " x " + std::to_string(d) + ", mean " + std::to_string(mean));
        }
}

TEST(CovarianceLosses, BarlowTwinsIsItsDefinition) {
  for (const auto& [n, d] : kCovarianceShapes)
    for (const double mean : {0.0, 10.0})
      for (const auto type : {torch::kFloat, torch::kDouble}) {
        if (n == 2 && type == torch::kFloat)
          continue;  // of two rows every column is +-1: the gradient is what epsilon leaves
        expect_same([&](const Leaves& x) { return fused_barlow_twins(x[0], x[1], kBarlow); },
                    [&](const Leaves& x) { return slow_barlow(x[0], x[1], kBarlow); },
                    {test::random_rows(n, d, 3) + mean, test::random_rows(n, d, 4) - mean}, type,
                    std::to_string(n) + " x " + std::to_string(d) + ", mean " + std::to_string(mean));
      }
}

TEST(CovarianceLosses, GradientsAreThoseOfDifferences) {
  const Leaves rows{test::random_rows(7, 4, 5), test::random_rows(7, 4, 6)};
  const VicregWeights w = vicreg_weights(7, 4, 2);
  test::expect_gradients([&](const Leaves& x) { return fused_vicreg(x[0], x[1], w); }, rows, "vicreg");
  test::expect_gradients([&](const Leaves& x) { return fused_barlow_twins(x[0], x[1], kBarlow); }, rows,
                         "barlow_twins");
}

TEST(CovarianceLosses, ConstantAndEqualColumnsGiveFiniteNumbers) {
  for (const auto type : {torch::kFloat, torch::kDouble}) {
    at::Tensor x = test::random_rows(20, 6, 7);
    x.select(1, 2).fill_(0.1);
    x.select(1, 4).copy_(x.select(1, 3));
    const VicregWeights w = vicreg_weights(20, 6);
    expect_same([&](const Leaves& v) { return fused_vicreg(v[0], v[1], w); },
                [&](const Leaves& v) { return slow_vicreg(v[0], v[1], w); }, {x, x.flip(0)}, type, "vicreg");
    expect_same([&](const Leaves& v) { return fused_barlow_twins(v[0], v[1], kBarlow); },
                [&](const Leaves& v) { return slow_barlow(v[0], v[1], kBarlow); }, {x, x.flip(0)}, type,
                "barlow_twins");
  }
}

TEST(CovarianceLosses, TakeRowsAndColumnsThatLieApart) {
  const at::Tensor wide = test::random_rows(30, 25, 8), turned = test::random_rows(12, 30, 9).t(),
                   part = wide.narrow(1, 2, 12);
  const VicregWeights w = vicreg_weights(30, 12);
  EXPECT_TRUE(torch::equal(fused_vicreg(part, turned, w), fused_vicreg(part.contiguous(), turned.contiguous(), w)));
  EXPECT_TRUE(torch::equal(fused_barlow_twins(part, turned, kBarlow),
                           fused_barlow_twins(part.contiguous(), turned.contiguous(), kBarlow)));
  expect_same([&](const Leaves& x) { return fused_barlow_twins(x[0].t(), x[1].t(), kBarlow); },
              [&](const Leaves& x) { return slow_barlow(x[0].t(), x[1].t(), kBarlow); },
              {test::random_rows(12, 30, 10), test::random_rows(12, 30, 11)}, torch::kDouble,
              "barlow_twins of turned rows");
  expect_same([&](const Leaves& x) { return fused_vicreg(x[0].t(), x[1].t(), w); },
              [&](const Leaves& x) { return slow_vicreg(x[0].t(), x[1].t(), w); },
              {test::random_rows(12, 30, 10), test::random_rows(12, 30, 11)}, torch::kDouble, "vicreg of turned rows");
}

TEST(CovarianceLosses, GiveTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor a = test::random_rows(600, 300, 12).to(torch::kFloat),
                   b = test::random_rows(600, 300, 13).to(torch::kFloat);
  const VicregWeights w = vicreg_weights(600, 300);
  const int before = at::get_num_threads();
  Leaves first;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    Leaves all;
    for (const bool barlow : {false, true}) {
      const at::Tensor x = a.clone().requires_grad_(), y = b.clone().requires_grad_();
      const at::Tensor loss = barlow ? fused_barlow_twins(x, y, kBarlow) : fused_vicreg(x, y, w);
      loss.backward();
      all.insert(all.end(), {loss.detach(), x.grad(), y.grad()});
    }
    if (threads == 1) first = all;
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_TRUE(torch::equal(all[i], first[i])) << threads << " threads, result " << i;
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
