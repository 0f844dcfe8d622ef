// SPDX-License-Identifier: Apache-2.0
// Proves: a norm layer in one step is LibTorch's batch norm and ReLU: outputs, running statistics after several batches,
// gradients; in evaluation the very same operations; a single value in a channel is refused as LibTorch refuses it.
#include "kindred/nn/norm_layer.h"

#include <gtest/gtest.h>

#include "tests/nn/fixture.h"

namespace kindred {
namespace {

template <class Norm, class Step>
void check_like_torch(Norm ours, Norm theirs, const std::vector<int64_t>& shape, const Step& step) {
  for (uint64_t round = 0; round < 3; ++round) {
    const auto x = test::normal_tensor(shape, round + 1) * 2 + 1;
    const auto a = x.clone().requires_grad_(), b = x.clone().requires_grad_();
    const auto got = step(ours, a), want = theirs(b).relu();
    EXPECT_LT(test::relative_gap(got, want), 1e-6);
    (got * x.cos()).sum().backward();
    (want * x.cos()).sum().backward();
    EXPECT_LT(test::relative_gap(a.grad(), b.grad()), 1e-5);
  }
  EXPECT_LT(test::relative_gap(ours->running_mean, theirs->running_mean), 1e-6);
  EXPECT_LT(test::relative_gap(ours->running_var, theirs->running_var), 1e-6);
  EXPECT_EQ(ours->num_batches_tracked.template item<int64_t>(), 3);
  EXPECT_LT(test::relative_gap(ours->weight.grad(), theirs->weight.grad()), 1e-5);
  ours->eval();
  theirs->eval();
  const auto x = test::normal_tensor(shape, 9);
  theirs->running_mean.copy_(ours->running_mean);
  theirs->running_var.copy_(ours->running_var);
  EXPECT_TRUE(torch::equal(step(ours, x), theirs(x).relu()));
}

TEST(NormLayer, IsLibTorchsBatchNormAndRelu) {
  check_like_torch(torch::nn::BatchNorm1d(7), torch::nn::BatchNorm1d(7), {12, 7},
                   [](auto& norm, const torch::Tensor& x) { return norm_layer(norm, x); });
  check_like_torch(torch::nn::BatchNorm2d(5), torch::nn::BatchNorm2d(5), {4, 5, 6, 3},
                   [](auto& norm, const torch::Tensor& x) { return norm_layer(norm, x); });
}

TEST(NormLayer, RefusesASingleValueAsLibTorchDoes) {
  torch::nn::BatchNorm1d norm(3);
  EXPECT_THROW(norm_layer(norm, torch::ones({1, 3})), std::exception);
  EXPECT_THROW(norm(torch::ones({1, 3})), std::exception);
}

}  // namespace
}  // namespace kindred
