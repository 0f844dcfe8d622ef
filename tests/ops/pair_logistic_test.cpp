// SPDX-License-Identifier: Apache-2.0
// Proves: logistic sums over pairs, fused and tiled, are the dense sum in double with autograd's gradients, of two sets and of one
// with itself, for 1 to 600 rows, with every choice of what needs a gradient; central differences agree; rows and columns that
// lie apart; the same bits on 1, 2 and 3 threads.
//
// Tolerance, of the largest entry: 2e-5 (float), 1e-11 (double).
#include "kindred/ops/pair_logistic.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

using Rows = std::vector<at::Tensor>;
constexpr LogisticPairs kLogistic{.scale = 3, .bias = -1.5, .same = 0.75, .different = 0.25};

at::Tensor dense_logistic(const at::Tensor& a, const at::Tensor& b, const at::Tensor& a_codes,
                          const at::Tensor& b_codes, bool self) {
  const at::Tensor u = a.mm(b.t()) * kLogistic.scale + kLogistic.bias;
  const at::Tensor same = a_codes.unsqueeze(1) == b_codes.unsqueeze(0);
  const auto cost = [](const at::Tensor& x) { return torch::logaddexp(x, torch::zeros_like(x)); };
  at::Tensor all = torch::where(same, kLogistic.same * cost(-u), kLogistic.different * cost(u));
  if (self) all = all.masked_fill(torch::eye(a.size(0), torch::kBool), 0);
  return all.sum();
}

at::Tensor logistic_codes(int64_t n, int64_t groups) { return torch::arange(n).mul(7).remainder(groups); }

void expect_dense(const Rows& given, at::ScalarType type, Implementation by, const std::vector<bool>& wants) {
  const bool self = given.size() == 1;
  const double tolerance = type == torch::kFloat ? 2e-5 : 1e-11;
  Rows leaves, exact;
  for (size_t i = 0; i < given.size(); ++i) {
    leaves.push_back(given[i].to(type).clone().requires_grad_(wants[i]));
    exact.push_back(leaves.back().detach().to(torch::kDouble).clone().requires_grad_());
  }
  const at::Tensor codes = logistic_codes(given[0].size(0), 5), others = logistic_codes(given.back().size(0), 5);
  const at::Tensor got = self ? self_logistic(leaves[0], codes, kLogistic, by)
                              : cross_logistic(leaves[0], leaves[1], codes, others, kLogistic, by);
  const at::Tensor want = dense_logistic(exact[0], exact.back(), codes, others, self);
  ASSERT_EQ(got.scalar_type(), type);
  ASSERT_EQ(got.dim(), 0);
  EXPECT_NEAR(got.item<double>(), want.item<double>(), tolerance * (1e-3 + want.item<double>()));
  (got * 2).backward();
  (want * 2).backward();
  for (size_t i = 0; i < leaves.size(); ++i) {
    ASSERT_EQ(leaves[i].grad().defined(), wants[i]);
    if (wants[i]) {
      EXPECT_LT((leaves[i].grad().to(torch::kDouble) - exact[i].grad()).abs().max().item<double>(),
                tolerance * (1e-9 + exact[i].grad().abs().max().item<double>()))
          << "input " << i;
    }
  }
}

TEST(PairLogisticSums, AreTheDenseOnes) {
  for (const auto by : {Implementation::kFused, Implementation::kTiled})
    for (const auto type : {torch::kFloat, torch::kDouble})
      for (const auto& [n, m, d] : std::vector<std::tuple<int64_t, int64_t, int64_t>>{
               {1, 1, 1}, {2, 5, 3}, {17, 16, 9}, {250, 37, 20}, {31, 600, 49}}) {
        SCOPED_TRACE(testing::Message() << implementation_name(by) << ", " << type << ", " << n << " x " << m << " x "
                                        << d);
        const at::Tensor a = test::random_rows(n, d, 1), b = test::random_rows(m, d, 2);
        expect_dense({a, b}, type, by, {true, true});
        expect_dense({a, b}, type, by, {true, false});
        expect_dense({a, b}, type, by, {false, true});
        expect_dense({a}, type, by, {true});
        expect_dense({b}, type, by, {true});
      }
}

TEST(PairLogisticSums, GradientsAreThoseOfDifferences) {
  const at::Tensor codes = logistic_codes(6, 3), others = logistic_codes(4, 3);
  for (const auto by : {Implementation::kFused, Implementation::kTiled}) {
    test::expect_gradients([&](const Rows& x) { return cross_logistic(x[0], x[1], codes, others, kLogistic, by); },
                           {test::random_rows(6, 3, 3), test::random_rows(4, 3, 4)}, "cross");
    test::expect_gradients([&](const Rows& x) { return self_logistic(x[0], codes, kLogistic, by); },
                           {test::random_rows(6, 3, 5)}, "self");
  }
}

TEST(PairLogisticSums, TakeRowsAndColumnsThatLieApart) {
  const at::Tensor wide = test::random_rows(40, 25, 6), turned = test::random_rows(12, 30, 7).t(),
                   part = wide.narrow(1, 2, 12), codes = logistic_codes(40, 5), others = logistic_codes(30, 5);
  for (const auto by : {Implementation::kFused, Implementation::kTiled}) {
    const double want =
        cross_logistic(part.contiguous(), turned.contiguous(), codes, others, kLogistic, by).item<double>();
    EXPECT_NEAR(cross_logistic(part, turned, codes, others, kLogistic, by).item<double>(), want, 1e-12 * want);
  }
}

TEST(PairLogisticSums, GiveTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor a = test::random_rows(900, 30, 8).to(torch::kFloat),
                   b = test::random_rows(700, 30, 9).to(torch::kFloat);
  const int before = at::get_num_threads();
  Rows first;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const at::Tensor x = a.clone().requires_grad_(), y = b.clone().requires_grad_(), z = a.clone().requires_grad_();
    const at::Tensor cross = cross_logistic(x, y, logistic_codes(900, 9), logistic_codes(700, 9), kLogistic,
                                            Implementation::kFused),
                     self = self_logistic(z, logistic_codes(900, 9), kLogistic, Implementation::kFused);
    (cross + self).backward();
    const Rows all{cross.detach(), self.detach(), x.grad(), y.grad(), z.grad()};
    if (threads == 1) first = all;
    for (size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(torch::equal(all[i], first[i])) << threads << ", result " << i;
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
