// SPDX-License-Identifier: Apache-2.0
// Proves: the functions at their limits (shared edge cases); empty sets; a sum whose bits do not depend on threads.
#include "kindred/losses/stable.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/golden.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

at::Tensor d(std::vector<double> v) { return torch::tensor(v, torch::kFloat64); }

TEST(Stable, SoftplusCases) {
  for (const double x : {-1000.0, -40.0, 0.0, 40.0, 1000.0}) {
    const auto c = test::vector_case("edge_cases.json", "x=" + std::to_string(static_cast<int>(x)));
    at::Tensor in = torch::tensor(x, torch::kFloat64).requires_grad_();
    const at::Tensor out = stable_softplus(in);
    out.backward();
    EXPECT_NEAR(out.item<double>(), c.value, 1e-15 * std::max(1.0, c.value) + (x == -40 ? 5e-18 : 0));
    EXPECT_NEAR(in.grad().item<double>(), c.gradients.at("sigmoid").item<double>(), 1e-15);
  }
  EXPECT_EQ(stable_softplus(d({-INFINITY})).item<double>(), 0);
}

TEST(Stable, LogSumExpCases) {
  for (const auto* name : {"large_logits_100", "large_logits_1000"}) {
    const auto c = test::vector_case("edge_cases.json", name);
    at::Tensor x = c.inputs.at("logits").to(torch::kFloat32).unsqueeze(0).requires_grad_();
    const at::Tensor out = masked_logsumexp(x, torch::ones_like(x, torch::kBool));
    out.sum().backward();
    EXPECT_NEAR(out.item<double>(), c.value, 1e-4);
    EXPECT_TRUE(torch::allclose(x.grad()[0].to(torch::kFloat64), c.gradients.at("softmax"), 1e-4, 1e-6));
  }
}

TEST(Stable, EmptySetsGiveMinusInfinityAndNoGradient) {
  at::Tensor x = test::random_rows(2, 3, 1).requires_grad_();
  const at::Tensor mask = torch::tensor({{true, false, true}, {false, false, false}});
  const at::Tensor out = masked_logsumexp(x, mask);
  EXPECT_TRUE(std::isinf(out[1].item<double>()));
  stable_softplus(out).sum().backward();
  EXPECT_TRUE(torch::isfinite(x.grad()).all().item<bool>());
  EXPECT_EQ(x.grad()[1].abs().max().item<double>(), 0);
  EXPECT_EQ(x.grad()[0][1].item<double>(), 0);
}

TEST(Stable, LogAddWithEmptySides) {
  at::Tensor a = d({-INFINITY, -INFINITY, 1, 2}).requires_grad_(), b = d({-INFINITY, 3, -INFINITY, 2}).requires_grad_();
  const at::Tensor out = log_add(a, b);
  EXPECT_TRUE(std::isinf(out[0].item<double>()));
  EXPECT_NEAR(out[1].item<double>(), 3, 1e-12);
  EXPECT_NEAR(out[3].item<double>(), 2 + std::log(2), 1e-12);
  stable_softplus(out).sum().backward();
  EXPECT_TRUE(torch::isfinite(a.grad()).all().item<bool>());
  EXPECT_TRUE(torch::isfinite(b.grad()).all().item<bool>());
}

TEST(Stable, TotalDoesNotDependOnThreads) {
  const at::Tensor x = test::random_rows(517, 613, 2).to(torch::kFloat32);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double one = total(x).item<double>();
  at::set_num_threads(2);
  const double two = total(x).item<double>();
  at::set_num_threads(before);
  EXPECT_EQ(one, two);
  EXPECT_NEAR(one, x.to(torch::kFloat64).sum().item<double>(), 1e-2);
  test::expect_gradients(
      [](const std::vector<at::Tensor>& in) {
        return total(in[0].repeat({1, 9000}).square());
      },
      {test::random_rows(2, 2, 3)}, "total", 1e-5);
}

TEST(Stable, MeanWhere) {
  const at::Tensor mask = torch::tensor({true, false, true});
  EXPECT_NEAR(mean_where(d({1, -INFINITY, 3}), mask).item<double>(), 2, 1e-12);
  at::Tensor x = d({1, 2, 3}).requires_grad_();
  mean_where(x, torch::zeros_like(mask)).backward();
  EXPECT_EQ(x.grad().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace kindred
