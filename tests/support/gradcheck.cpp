// SPDX-License-Identifier: Apache-2.0
#include "tests/support/gradcheck.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/rng.h"

namespace kindred::test {

std::vector<at::Tensor> gradients_of(const ScalarFunction& f, const std::vector<at::Tensor>& inputs) {
  std::vector<at::Tensor> leaves;
  for (const auto& input : inputs) leaves.push_back(input.detach().clone().requires_grad_());
  const at::Tensor value = f(leaves);
  if (value.requires_grad()) value.backward();
  std::vector<at::Tensor> out;
  for (const auto& leaf : leaves) out.push_back(leaf.grad().defined() ? leaf.grad() : torch::zeros_like(leaf));
  return out;
}

void expect_gradients(const ScalarFunction& f, const std::vector<at::Tensor>& inputs, const std::string& what,
                      double relative) {
  constexpr double kStep = 1e-6;
  const auto analytic = gradients_of(f, inputs);
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> moved;
  for (const auto& input : inputs) moved.push_back(input.detach().clone());
  const double value = std::abs(f(moved).item<double>());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor flat = moved[i].view(-1), got = analytic[i].reshape(-1);
    const double allowed = relative * got.abs().max().item<double>() + 1e-8 * (1 + value);
    for (int64_t j = 0; j < flat.numel(); ++j) {
      const double at = flat[j].item<double>();
      const auto value_at = [&](double x) {
        flat[j].fill_(x);
        return f(moved).item<double>();
      };
      const double numeric = (value_at(at + kStep) - value_at(at - kStep)) / (2 * kStep);
      flat[j].fill_(at);
      EXPECT_NEAR(got[j].item<double>(), numeric, allowed) << what << ", input " << i << ", element " << j;
    }
  }
}

at::Tensor random_rows(int64_t n, int64_t d, uint64_t seed) {
  const at::Tensor out = torch::empty({n, d}, torch::kFloat64);
  CounterRng rng(seed, RngOp::kTest);
  for (int64_t i = 0; i < n * d; ++i) out.data_ptr<double>()[i] = rng.normal();
  return out;
}

}  // namespace kindred::test
