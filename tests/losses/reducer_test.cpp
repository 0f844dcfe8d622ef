// SPDX-License-Identifier: Apache-2.0
// Proves: every reduction by hand; that sums made for each anchor give the same; nothing to reduce.
#include "kindred/losses/reducer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(Reducer, ByHand) {
  const at::Tensor terms = torch::tensor({1.0, 0.0, 3.0, 0.0, 5.0}, torch::kFloat64),
                   anchor = torch::tensor({0, 0, 2, 2, 2});
  EXPECT_EQ(reduce(Reduction::kMean, terms, anchor, 4).item<double>(), 9.0 / 5);
  EXPECT_EQ(reduce(Reduction::kSum, terms, anchor, 4).item<double>(), 9);
  EXPECT_EQ(reduce(Reduction::kMeanNonzero, terms, anchor, 4).item<double>(), 3);
  EXPECT_TRUE(torch::equal(reduce(Reduction::kNone, terms, anchor, 4), terms));
  const at::Tensor per_anchor = torch::tensor({0.5, 0.0, 8.0 / 3, 0.0}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(reduce(Reduction::kPerAnchor, terms, anchor, 4), per_anchor));
  const auto d = [](std::vector<double> v) { return torch::tensor(v, torch::kFloat64); };
  for (const auto* name : {"mean", "sum", "mean_nonzero", "per_anchor"})
    EXPECT_TRUE(torch::allclose(reduce_sums(reduction_named(name), d({1, 0, 8, 0}), d({2, 0, 3, 0}), d({1, 0, 2, 0})),
                                reduce(reduction_named(name), terms, anchor, 4)))
        << name;
  EXPECT_THROW(reduce_sums(Reduction::kNone, terms, terms, terms), InvalidArgument);
  EXPECT_THROW(reduction_named("median"), InvalidArgument);
}

TEST(Reducer, NothingIsZeroWithAGradient) {
  for (const auto& name : reduction_names()) {
    at::Tensor x = test::random_rows(3, 2, 1).requires_grad_();
    const at::Tensor none = torch::empty({0}, torch::kLong);
    const at::Tensor loss = reduce(reduction_named(name), x.flatten().index_select(0, none), none, 3).sum();
    loss.backward();
    EXPECT_EQ(loss.item<double>(), 0) << name;
    EXPECT_EQ(x.grad().abs().max().item<double>(), 0) << name;
  }
}

TEST(Reducer, KindsApart) {
  const at::Tensor p = torch::tensor({2.0, 4.0}), n = torch::tensor({10.0}), ps = torch::tensor({0, 1}),
                   ns = torch::tensor({1});
  EXPECT_NEAR(reduce_pairs(Reduction::kMean, {p, ps, n, ns}, 2, true).item<double>(), 13, 1e-6);
  EXPECT_NEAR(reduce_pairs(Reduction::kMean, {p, ps, n, ns}, 2, false).item<double>(), 16.0 / 3, 1e-6);
  EXPECT_EQ(reduce_pairs(Reduction::kNone, {p, ps, n, ns}, 2, false).size(0), 3);
}

}  // namespace
}  // namespace kindred
