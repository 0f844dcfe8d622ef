// SPDX-License-Identifier: Apache-2.0
// Proves: the four products out of panels are torch's in double, at sizes around tiles and beyond one stretch of the depth; the
// symmetric one is symmetric to the bit; rows and columns that lie apart; means and squares of columns are those of double, also
// beside a large mean; the same bits on 1, 2 and 3 threads.
//
// Tolerance: of the largest sum of the terms' sizes: 1e-6 (float), 1e-14 (double).
#include "kindred/ops/panel_products.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

double panel_tolerance(at::ScalarType type) { return type == torch::kFloat ? 1e-6 : 1e-14; }

// got against want, by the size of the terms |a| |b| (+ |x|).
void expect_products(const at::Tensor& got, const at::Tensor& want, const at::Tensor& size, const std::string& what) {
  EXPECT_EQ(got.sizes(), want.sizes()) << what;
  EXPECT_LT((got.to(torch::kDouble) - want).abs().max().item<double>(),
            panel_tolerance(got.scalar_type()) * size.max().item<double>())
      << what;
}

struct PanelShape {
  int64_t n, d, e;
};
const std::vector<PanelShape> kPanelShapes{{1, 1, 1},      {2, 3, 5},       {17, 16, 49},
                                           {300, 241, 33}, {1030, 20, 250}, {2100, 47, 48}};

TEST(PanelProducts, OfColumnsAreTorchs) {
  for (const auto& [n, d, e] : kPanelShapes)
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      const at::Tensor a = test::random_rows(n, d, 1).to(type), b = test::random_rows(n, e, 2).to(type);
      const at::Tensor x = a.to(torch::kDouble), y = b.to(torch::kDouble);
      expect_products(column_products(a, b), x.t().mm(y), x.abs().t().mm(y.abs()), "a^T b");
      const at::Tensor own = column_products(a);
      expect_products(own, x.t().mm(x), x.abs().t().mm(x.abs()), "a^T a");
      EXPECT_TRUE(torch::equal(own, own.t()));
    }
}

TEST(PanelProducts, OfRowsAreTorchsPlusTheColumnsTimesFactors) {
  for (const auto& [n, k, d] :
       std::vector<PanelShape>{{1, 1, 1}, {3, 2, 5}, {241, 17, 49}, {33, 300, 241}, {50, 2100, 20}})
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      const at::Tensor a = test::random_rows(n, k, 3).to(type), b = test::random_rows(d, k, 4).to(type),
                       x = test::random_rows(n, d, 5).to(type);
      const at::Tensor factors = test::random_rows(d, 1, 6).select(1, 0).to(type);
      const at::Tensor ea = a.to(torch::kDouble), eb = b.to(torch::kDouble),
                       plus = x.to(torch::kDouble) * factors.to(torch::kDouble);
      const at::Tensor want = ea.mm(eb.t()) + plus, size = ea.abs().mm(eb.abs().t()) + plus.abs();
      expect_products(row_products_plus(a, b, x, factors), want, size, "a b^T + x f");
      expect_products(products_plus(a, b.t().contiguous(), x, factors), want, size, "a b + x f");
      expect_products(row_products_plus(a, b, x, factors.to(torch::kDouble)), want, size, "factors in double");
    }
}

TEST(PanelProducts, TakeRowsAndColumnsThatLieApart) {
  const at::Tensor wide = test::random_rows(60, 70, 7), turned = test::random_rows(33, 60, 8).t();  // [60, 33]
  const at::Tensor part = wide.narrow(1, 5, 33), x = test::random_rows(60, 60, 9),
                   factors = torch::ones({60}, torch::kDouble);
  const at::Tensor p = part.contiguous(), t = turned.contiguous();
  EXPECT_TRUE(torch::equal(column_products(part, turned), column_products(p, t)));
  EXPECT_TRUE(torch::equal(column_products(part), column_products(p)));
  EXPECT_TRUE(torch::equal(row_products_plus(part, turned, x, factors), row_products_plus(p, t, x, factors)));
  EXPECT_TRUE(
      torch::equal(products_plus(part, turned.t(), x, factors), products_plus(p, t.t().contiguous(), x, factors)));
}

TEST(PanelProducts, MomentsAreThoseOfDouble) {
  for (const auto& [n, d] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 3}, {255, 17}, {257, 600}, {1000, 40}})
    for (const double mean : {0.0, 1000.0})
      for (const auto type : {torch::kFloat, torch::kDouble}) {
        const at::Tensor x = (test::random_rows(n, d, 10) + mean).to(type), exact = x.to(torch::kDouble);
        const ColumnMoments got = column_moments_of(x);
        const at::Tensor centre = exact.mean(0), squares = (exact - centre).square().sum(0);
        const double tolerance = 10 * panel_tolerance(type);
        EXPECT_LT((got.mean - centre).abs().max().item<double>(), tolerance * (10 + mean * 1e-3)) << n << " x " << d;
        EXPECT_LT((got.squares - squares).abs().max().item<double>(),
                  tolerance * (1 + 10 * squares.max().item<double>()))
            << n << " x " << d;
      }
}

TEST(PanelProducts, MomentsOfOneValueAreExact) {
  const ColumnMoments got = column_moments_of(torch::full({300, 5}, 0.1f));
  EXPECT_TRUE(torch::equal(got.mean, torch::full({5}, static_cast<double>(0.1f), torch::kDouble)));
  EXPECT_EQ(got.squares.abs().max().item<double>(), 0);
}

TEST(PanelProducts, GiveTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor a = test::random_rows(1100, 500, 11).to(torch::kFloat),
                   b = test::random_rows(1100, 260, 12).to(torch::kFloat);
  const at::Tensor factors = torch::ones({260}), mixed = test::random_rows(500, 260, 13).to(torch::kFloat);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> first;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const ColumnMoments m = column_moments_of(a);
    const std::vector<at::Tensor> all{column_products(a, b),
                                      column_products(a),
                                      row_products_plus(a, mixed.t(), b, factors),
                                      products_plus(a, mixed, b, factors),
                                      m.mean,
                                      m.squares};
    if (threads == 1) first = all;
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_TRUE(torch::equal(all[i], first[i])) << threads << " threads, result " << i;
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
