// SPDX-License-Identifier: Apache-2.0
// Proves for both versions: the sums over each row's group are those of plain double loops, values and gradients (also against
// central differences), with groups of one, groups without rows and one group for all; rows that lie apart; the same bits on 1, 2
// and 3 threads.
//
// Tolerance: sums of up to 300 products of numbers around 1, of the largest entry: 1e-5 (float), 1e-12 (double).
#include "kindred/ops/group_products.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

constexpr Implementation kGroupVersions[] = {Implementation::kComposite, Implementation::kFused};

// sum of w_i out_i by loops, and its gradient.
struct SlowGroups {
  at::Tensor value, gradient;  // [N], [N, D] double
};
SlowGroups slow_groups(const at::Tensor& z, const at::Tensor& groups, const at::Tensor& w) {
  const int64_t n = z.size(0), dims = z.size(1);
  SlowGroups out{torch::zeros({n}, torch::kDouble), torch::zeros({n, dims}, torch::kDouble)};
  const auto x = z.accessor<double, 2>();
  const auto g = groups.accessor<int64_t, 1>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      if (i == j || g[i] != g[j]) continue;
      for (int64_t k = 0; k < dims; ++k) {
        out.value.data_ptr<double>()[i] += x[i][k] * x[j][k];
        out.gradient.data_ptr<double>()[i * dims + k] += w.data_ptr<double>()[i] * x[j][k];
        out.gradient.data_ptr<double>()[j * dims + k] += w.data_ptr<double>()[i] * x[i][k];
      }
    }
  return out;
}

std::vector<at::Tensor> groupings(int64_t n) {
  return {torch::arange(n), torch::zeros({n}, torch::kLong), torch::arange(n).remainder(3),
          torch::full({n}, n - 1, torch::kLong), torch::arange(n).floor_divide(2) * 2};
}

double group_error(const at::Tensor& got, const at::Tensor& want) {
  return (got.to(torch::kDouble) - want).abs().max().item<double>() / (1 + want.abs().max().item<double>());
}

TEST(GroupProducts, AreThoseOfPlainLoops) {
  for (const auto& [n, d] : std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {2, 3}, {17, 16}, {65, 33}, {130, 300}})
    for (const at::Tensor& groups : groupings(n)) {
      const at::Tensor x = test::random_rows(n, d, 1), w = test::random_rows(n, 1, 2).select(1, 0).contiguous();
      for (const auto type : {torch::kFloat, torch::kDouble}) {
        const double tolerance = type == torch::kFloat ? 1e-5 : 1e-12;
        const at::Tensor given = x.to(type);
        const SlowGroups want = slow_groups(given.to(torch::kDouble), groups, w.to(type).to(torch::kDouble));
        for (const auto by : kGroupVersions) {
          const at::Tensor z = given.clone().requires_grad_(), got = group_products(z, groups, by);
          ASSERT_EQ(got.scalar_type(), type);
          EXPECT_LT(group_error(got, want.value), tolerance)
              << n << " rows of " << d << ", " << implementation_name(by);
          (got * w.to(type)).sum().backward();
          EXPECT_LT(group_error(z.grad(), want.gradient), tolerance)
              << n << " rows of " << d << ", " << implementation_name(by);
        }
      }
    }
}

TEST(GroupProducts, OfAGroupOfOneAreZero) {
  const at::Tensor whole = torch::arange(40, torch::kDouble).reshape({5, 8});  // exact
  EXPECT_EQ(group_products(whole, torch::arange(5), Implementation::kFused).abs().max().item<double>(), 0);
}

TEST(GroupProducts, GradientIsThatOfDifferences) {
  const at::Tensor groups = torch::tensor({int64_t{0}, int64_t{2}, int64_t{0}, int64_t{0}, int64_t{2}, int64_t{1}});
  const at::Tensor w = test::random_rows(6, 1, 3).select(1, 0);
  for (const auto by : kGroupVersions)
    test::expect_gradients(
        [&](const std::vector<at::Tensor>& x) { return (group_products(x[0], groups, by).square() * w).sum(); },
        {test::random_rows(6, 5, 4)}, std::string(implementation_name(by)));
}

TEST(GroupProducts, TakeRowsThatLieApart) {
  const at::Tensor wide = test::random_rows(20, 30, 5), groups = torch::arange(20).remainder(6);
  const at::Tensor part = wide.narrow(1, 4, 11);
  EXPECT_TRUE(torch::equal(group_products(part, groups, Implementation::kFused),
                           group_products(part.contiguous(), groups, Implementation::kFused)));
}

TEST(GroupProducts, TakeColumnsThatLieApart) {
  const at::Tensor part = test::random_rows(11, 20, 5).t(), groups = torch::arange(20).remainder(6);
  EXPECT_TRUE(torch::equal(group_products(part, groups, Implementation::kFused),
                           group_products(part.contiguous(), groups, Implementation::kFused)));
}

TEST(GroupProducts, GiveTheSameBitsOnAnyNumberOfThreads) {
  const at::Tensor x = test::random_rows(700, 40, 6).to(torch::kFloat), groups = torch::arange(700).remainder(90);
  const int before = at::get_num_threads();
  at::Tensor first, gradient;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const at::Tensor z = x.clone().requires_grad_(), out = group_products(z, groups, Implementation::kFused);
    out.square().sum().backward();
    if (threads == 1) first = out.detach(), gradient = z.grad();
    EXPECT_TRUE(torch::equal(out, first) && torch::equal(z.grad(), gradient)) << threads << " threads";
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
