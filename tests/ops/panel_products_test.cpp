// SPDX-License-Identifier: Apache-2.0
// Proves: products of scaled columns, the sums of squares beside their diagonal, and rows times a mixing are torch's in double, at
// sizes around tiles and beyond one stretch of the depth; the symmetric product is symmetric to the bit; rows and columns that
// lie apart; means and squares of columns are those of double, also beside a large mean; the same bits on 1, 2, 3 and 16 threads.
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

// got against want, by the size of the terms |a| |b| (+ |x|), computed in `type`.
void expect_products(const at::Tensor& got, const at::Tensor& want, const at::Tensor& size, at::ScalarType type,
                     const std::string& what) {
  EXPECT_EQ(got.sizes(), want.sizes()) << what;
  EXPECT_LT((got.to(torch::kDouble) - want).abs().max().item<double>(),
            panel_tolerance(type) * size.max().item<double>())
      << what;
}

ScaledColumns scaled_columns(const at::Tensor& x, int seed) {
  return {x, test::random_rows(x.size(1), 1, seed).select(1, 0) + 2,
          test::random_rows(x.size(1), 1, seed + 1).select(1, 0)};
}
at::Tensor exact_columns(const ScaledColumns& c) {  // the factors as the product sees them, rounded to x's type
  const auto rounded = [&](const at::Tensor& v) { return v.to(c.x.scalar_type()).to(torch::kDouble); };
  return c.x.to(torch::kDouble) * rounded(c.scale) + rounded(c.shift);
}

struct PanelShape {
  int64_t n, d;
};
const std::vector<PanelShape> kPanelShapes{{1, 1},    {2, 3},     {17, 16},   {40, 49},   {300, 241},
                                           {20, 250}, {1057, 33}, {1100, 50}, {2200, 47}, {9, 1000}};

void expect_parts(const ColumnProducts& got, const at::Tensor& want, const at::Tensor& size) {
  const at::Tensor diagonal = want.diagonal(), off = want - diagonal.diag(), squares = off.square();
  const at::ScalarType type = got.off.scalar_type();
  expect_products(got.off, off, size, type, "off the diagonal");
  expect_products(got.diagonal, diagonal, size, type, "the diagonal");
  EXPECT_EQ(got.off.diagonal().abs().max().item<double>(), 0);
  const double tolerance = 10 * panel_tolerance(type) * size.max().item<double>();
  for (const auto& [sums, exact] : {std::pair{got.row_squares, squares.sum(1)}, {got.column_squares, squares.sum(0)}}) {
    ASSERT_EQ(sums.scalar_type(), torch::kDouble);
    const at::Tensor slack = tolerance * (off.abs().sum(sums.is_same(got.row_squares) ? 1 : 0) + 1e-300);
    EXPECT_TRUE(((sums - exact).abs() <= slack).all().item<bool>());
  }
}

TEST(PanelProducts, OfColumnsAreTorchs) {
  for (const auto& [n, d] : kPanelShapes)
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      SCOPED_TRACE(testing::Message() << n << " x " << d << ", " << type);
      const ScaledColumns a = scaled_columns(test::random_rows(n, d, 1).to(type), 21),
                          b = scaled_columns(test::random_rows(n, d, 2).to(type), 23);
      const at::Tensor x = exact_columns(a), y = exact_columns(b);
      expect_parts(column_products(a, b, 0.5), 0.5 * x.t().mm(y), 0.5 * x.abs().t().mm(y.abs()) + 1);
      const ColumnProducts own = column_products(a, 0.5);
      expect_parts(own, 0.5 * x.t().mm(x), 0.5 * x.abs().t().mm(x.abs()) + 1);
      EXPECT_TRUE(torch::equal(own.off, own.off.t()));
    }
}

// What mixed_columns is, in double, and the size of its terms.
std::pair<at::Tensor, at::Tensor> plain_mixed(const ScaledColumns& a, const Mixing& m, const at::Tensor& by,
                                              const Addend& plus) {
  const auto exact = [](const at::Tensor& x) { return x.to(torch::kDouble); };
  at::Tensor mixing = m.factor * exact(m.off);
  mixing.diagonal().copy_(m.diagonal);
  if (m.transposed) mixing = mixing.t();
  const at::Tensor x = exact_columns(a), more = plus.less.defined() ? exact(plus.x) - exact(plus.less) : exact(plus.x);
  return {x.mm(mixing) * exact(by) + more * plus.factors + plus.constants,
          x.abs().mm(mixing.abs()) * exact(by).abs() + more.abs() * plus.factors.abs() + plus.constants.abs()};
}

TEST(PanelProducts, OfRowsWithAMixingAreTorchs) {
  for (const auto& [n, d] : kPanelShapes)
    for (const auto type : {torch::kFloat, torch::kDouble})
      for (const bool transposed : {false, true})
        for (const bool less : {false, true}) {
          SCOPED_TRACE(testing::Message() << n << " x " << d << ", " << type << ", " << transposed << ", " << less);
          const auto numbers = [&](int seed) { return test::random_rows(d, 1, seed).select(1, 0); };
          const ScaledColumns a = scaled_columns(test::random_rows(n, d, 3).to(type), 25);
          const Mixing mixing{test::random_rows(d, d, 4).to(type), 0.25, numbers(5), transposed};
          const Addend plus{test::random_rows(n, d, 6).to(type),
                            less ? test::random_rows(n, d, 7).to(type) : at::Tensor(), numbers(8), numbers(9)};
          const auto [want, size] = plain_mixed(a, mixing, numbers(10), plus);
          expect_products(mixed_columns(a, mixing, numbers(10), plus), want, size, type, "mixed");
        }
}

TEST(PanelProducts, TakeRowsAndColumnsThatLieApart) {
  const at::Tensor wide = test::random_rows(60, 70, 7), turned = test::random_rows(33, 60, 8).t();  // [60, 33]
  const at::Tensor part = wide.narrow(1, 5, 33), square = test::random_rows(33, 50, 9).narrow(1, 3, 33);
  const auto in_one_piece = [](const at::Tensor& x) { return x.contiguous(); };
  const ScaledColumns p = scaled_columns(part, 31), t = scaled_columns(turned, 33);
  const ScaledColumns p1{in_one_piece(part), p.scale, p.shift}, t1{in_one_piece(turned), t.scale, t.shift};
  EXPECT_TRUE(torch::equal(column_products(p, t, 1).off, column_products(p1, t1, 1).off));
  EXPECT_TRUE(torch::equal(column_products(p, 1).off, column_products(p1, 1).off));
  for (const bool transposed : {false, true})
    EXPECT_TRUE(torch::equal(
        mixed_columns(p, {square, 2, p.scale, transposed}, t.scale, {turned, part, t.shift, p.shift}),
        mixed_columns(p1, {in_one_piece(square), 2, p.scale, transposed}, t.scale, {t1.x, p1.x, t.shift, p.shift})));
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
                   b = test::random_rows(1100, 500, 12).to(torch::kFloat);
  const ScaledColumns x = scaled_columns(a, 41), y = scaled_columns(b, 43);
  const int before = at::get_num_threads();
  std::vector<at::Tensor> first;
  for (const int threads : {1, 2, 3, 16}) {
    at::set_num_threads(threads);
    const ColumnMoments m = column_moments_of(a);
    const ColumnProducts across = column_products(x, y, 1), own = column_products(x, 1);
    const Mixing mixing{across.off, 0.1, across.diagonal, false};
    const std::vector<at::Tensor> all{across.off,
                                      across.diagonal,
                                      across.row_squares,
                                      across.column_squares,
                                      own.off,
                                      own.diagonal,
                                      own.row_squares,
                                      m.mean,
                                      own.column_squares,
                                      m.squares,
                                      mixed_columns(x, mixing, x.scale, {b, a, y.scale, y.shift})};
    if (threads == 1) first = all;
    for (size_t i = 0; i < all.size(); ++i)
      EXPECT_TRUE(torch::equal(all[i], first[i])) << threads << " threads, result " << i;
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
