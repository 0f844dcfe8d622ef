// SPDX-License-Identifier: Apache-2.0
// Value and gradient of the log-sum-exps over pairs, in both versions, against the dense matrix in double: sizes around a
// tile's edges, any dimension, each mask, logits that need one shift and logits that need a shift of each row.
//
// Tolerances: float32 rounds products of D terms and 240 exponentials: 1e-5 of the largest entry; double 1e-12.
#include "kindred/ops/pair_logsumexp.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <torch/types.h>

#include <limits>

#include "kindred/ops/unit_rows.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

constexpr double kFloatTolerance = 1e-5, kDoubleTolerance = 1e-12;

struct Shape {
  int64_t n, m, d;
};

at::Tensor dense_logits(const at::Tensor& a, const at::Tensor& b, double scale, const PairMask& mask, bool self) {
  at::Tensor u = a.mm(b.t()) * scale;
  at::Tensor out = torch::zeros_like(u, torch::kBool);
  if (self) out = out | torch::eye(a.size(0), torch::kBool);
  if (mask.keep != PairKeep::kAll) {
    const at::Tensor same = mask.row_codes.unsqueeze(1) == mask.column_codes.unsqueeze(0);
    out = out | (mask.keep == PairKeep::kSame ? ~same : same);
  }
  if (mask.kept.defined()) out = out | ~mask.kept;
  return u.masked_fill(out, -std::numeric_limits<double>::infinity());
}

// Rows of -inf give -inf and no gradient.
at::Tensor dense_lse(const at::Tensor& u, int64_t dim) {
  const at::Tensor empty = (u.detach() > -1e300).any(dim).logical_not();
  const at::Tensor filled = u.masked_fill(empty.unsqueeze(dim), 0);
  return filled.logsumexp(dim).masked_fill(empty, -std::numeric_limits<double>::infinity());
}

// sum of w * out over the finite entries: a scalar with a different gradient for each row.
at::Tensor weighed(const at::Tensor& out, uint64_t seed) {
  const at::Tensor w = test::random_rows(out.size(0), 1, seed).select(1, 0).to(out.scalar_type());
  const at::Tensor finite = out.detach() > -1e30;
  return (torch::where(finite, out, torch::zeros_like(out)) * w).sum();
}

double worst(const at::Tensor& got, const at::Tensor& want) {
  const at::Tensor g = got.to(torch::kDouble).clamp_min(-1e6), w = want.clamp_min(-1e6);
  return (g - w).abs().max().item<double>() / (w.abs().max().item<double>() + 1e-3);
}

at::Tensor unit(int64_t n, int64_t d, uint64_t seed) {
  const at::Tensor x = test::random_rows(n, d, seed);
  return x / x.norm(2, 1, true);
}

std::vector<PairMask> masks(int64_t n, int64_t m, bool self) {
  const at::Tensor a = torch::arange(n).remainder(7), b = self ? a : torch::arange(m).remainder(5);
  at::Tensor kept = (torch::arange(n).unsqueeze(1) * 3 + torch::arange(m).unsqueeze(0) * 3).remainder(4) < 2;
  return {{},
          {PairKeep::kDifferent, a, b},
          {PairKeep::kSame, a, b},
          {PairKeep::kAll, {}, {}, kept},
          {PairKeep::kDifferent, a, b, kept}};
}

const std::vector<PairScale> kScales{cosine_scale(2), cosine_scale(20), cosine_scale(100), {1.5, 1e300}};

class LogSumExp : public testing::TestWithParam<std::tuple<Implementation, at::ScalarType>> {
 protected:
  Implementation by() const { return std::get<0>(GetParam()); }
  at::ScalarType type() const { return std::get<1>(GetParam()); }
  double tolerance() const { return type() == torch::kFloat ? kFloatTolerance : kDoubleTolerance; }
  at::Tensor leaf(const at::Tensor& x) const { return x.to(type()).clone().requires_grad_(); }
};

TEST_P(LogSumExp, OfOneSetIsTheDenseOne) {
  for (const auto& [n, m, d] :
       std::vector<Shape>{{1, 0, 3}, {5, 0, 1}, {47, 0, 16}, {240, 0, 8}, {241, 0, 33}, {731, 0, 19}})
    for (const auto& scale : kScales)
      for (const auto& mask : masks(n, n, true)) {
        const at::Tensor x = unit(n, d, 1), exact = x.clone().requires_grad_(), z = leaf(x);
        const at::Tensor want = dense_lse(dense_logits(exact, exact, scale.scale, mask, true), 1);
        const at::Tensor got = self_logsumexp(z, scale, mask, by());
        ASSERT_LT(worst(got, want), tolerance()) << n << " rows of " << d << ", scale " << scale.scale;
        weighed(want, 2).backward();
        weighed(got, 2).backward();
        ASSERT_LT(worst(z.grad(), exact.grad()), 3 * tolerance()) << n << " rows of " << d << ", scale " << scale.scale;
      }
}

TEST_P(LogSumExp, OfTwoSetsIsTheDenseOneBothWays) {
  for (const auto& [n, m, d] : std::vector<Shape>{{1, 1, 2}, {3, 250, 7}, {241, 100, 16}, {500, 241, 130}})
    for (const auto& scale : kScales)
      for (const auto& mask : masks(n, m, false))
        for (const bool both : {false, true}) {
          const at::Tensor a = unit(n, d, 3), b = unit(m, d, 4);
          const at::Tensor ea = a.clone().requires_grad_(), eb = b.clone().requires_grad_(), q = leaf(a), k = leaf(b);
          const at::Tensor u = dense_logits(ea, eb, scale.scale, mask, false);
          const RowsAndColumns got = cross_logsumexp(q, k, scale, mask, both, by());
          at::Tensor want = dense_lse(u, 1), total = weighed(want, 5), mine = weighed(got.rows, 5);
          ASSERT_LT(worst(got.rows, want), tolerance());
          ASSERT_EQ(got.columns.defined(), both);
          if (both) {
            want = dense_lse(u, 0);
            ASSERT_LT(worst(got.columns, want), tolerance());
            total = total + weighed(want, 6), mine = mine + weighed(got.columns, 6);
          }
          total.backward();
          mine.backward();
          ASSERT_LT(worst(q.grad(), ea.grad()), 3 * tolerance()) << n << " x " << m << ", scale " << scale.scale;
          ASSERT_LT(worst(k.grad(), eb.grad()), 3 * tolerance()) << n << " x " << m << ", scale " << scale.scale;
        }
}

TEST_P(LogSumExp, OfQueriesAloneNeedsNoSecondPass) {
  for (const auto& [n, m, d] : std::vector<Shape>{{1, 1, 2}, {30, 2000, 9}, {260, 700, 33}})
    for (const auto& scale : kScales)
      for (const auto& mask : masks(n, m, false)) {
        const at::Tensor a = unit(n, d, 7), b = unit(m, d, 8), exact = a.clone().requires_grad_(), q = leaf(a);
        const at::Tensor want = dense_lse(dense_logits(exact, b, scale.scale, mask, false), 1);
        const at::Tensor got = cross_logsumexp(q, b.to(type()), scale, mask, false, by()).rows;
        ASSERT_LT(worst(got, want), tolerance());
        weighed(want, 9).backward();
        weighed(got, 9).backward();
        ASSERT_LT(worst(q.grad(), exact.grad()), 3 * tolerance());
      }
}

std::string case_name(const testing::TestParamInfo<std::tuple<Implementation, at::ScalarType>>& info) {
  return std::string(implementation_name(std::get<0>(info.param))) +
         (std::get<1>(info.param) == torch::kFloat ? "_float" : "_double");
}
INSTANTIATE_TEST_SUITE_P(Pairs, LogSumExp,
                         testing::Combine(testing::Values(Implementation::kFused, Implementation::kTiled),
                                          testing::Values(torch::kFloat, torch::kDouble)),
                         case_name);

TEST(PairLogSumExp, GivesTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor x = unit(1500, 40, 10).to(torch::kFloat), keys = unit(3000, 40, 11).to(torch::kFloat);
  const PairMask mask =
      coded_mask(PairKeep::kDifferent, torch::arange(1500).remainder(700), torch::arange(1500).remainder(700));
  const int before = at::get_num_threads();
  std::vector<std::vector<at::Tensor>> results;
  for (const int threads : {1, 2, 3, 5}) {
    at::set_num_threads(threads);
    for (const double scale : {10.0, 100.0}) {
      const at::Tensor z = x.clone().requires_grad_(), q = x.clone().requires_grad_(),
                       k = keys.clone().requires_grad_();
      const at::Tensor self = self_logsumexp(z, cosine_scale(scale), mask, Implementation::kFused);
      self.sum().backward();
      const RowsAndColumns cross = cross_logsumexp(q, k, cosine_scale(scale), {}, true, Implementation::kFused);
      (cross.rows.sum() + cross.columns.sum()).backward();
      const at::Tensor alone = x.clone().requires_grad_();
      cross_logsumexp(alone, keys, cosine_scale(scale), {}, false, Implementation::kFused).rows.sum().backward();
      results.push_back({self, z.grad(), cross.rows, cross.columns, q.grad(), k.grad(), alone.grad()});
    }
  }
  at::set_num_threads(before);
  for (size_t r = 2; r < results.size(); ++r)
    for (size_t i = 0; i < results[r].size(); ++i)
      EXPECT_TRUE(torch::equal(results[r][i], results[r % 2][i])) << "result " << i << " of run " << r;
}

TEST(PairLogSumExp, TakesRowsThatLieApart) {
  const at::Tensor wide = unit(60, 50, 12).to(torch::kFloat);
  const at::Tensor x = wide.t().narrow(0, 3, 20).t();  // [60, 20], columns apart
  ASSERT_FALSE(x.is_contiguous());
  const at::Tensor got = self_logsumexp(x, {3, 1e300}, {}, Implementation::kFused);
  EXPECT_TRUE(torch::equal(got, self_logsumexp(x.contiguous(), {3, 1e300}, {}, Implementation::kFused)));
}

TEST(PairLogSumExp, CodesKeepWhoIsWho) {
  const at::Tensor ids = torch::tensor({int64_t{1} << 60, int64_t{-5}, int64_t{1} << 60, int64_t{7}});
  const PairMask own = coded_mask(PairKeep::kSame, ids, ids);
  EXPECT_TRUE(
      torch::equal(own.row_codes.unsqueeze(1) == own.column_codes.unsqueeze(0), ids.unsqueeze(1) == ids.unsqueeze(0)));
  const at::Tensor others = torch::tensor({int64_t{7}, int64_t{8}});
  const PairMask two = coded_mask(PairKeep::kDifferent, ids, others);
  EXPECT_TRUE(torch::equal(two.row_codes.unsqueeze(1) == two.column_codes.unsqueeze(0),
                           ids.unsqueeze(1) == others.unsqueeze(0)));
}

}  // namespace
}  // namespace kindred
