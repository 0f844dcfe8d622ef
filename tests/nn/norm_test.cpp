// SPDX-License-Identifier: Apache-2.0
// The fused norm is the module's own forward: values, gradients, running statistics and the count of batches, in training
// and evaluation; a module with other statistics keeps its own way.
#include "kindred/nn/norm.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace kindred {
namespace {

at::Tensor channels_last(int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn({6, 5, 4, 3}).contiguous(at::MemoryFormat::ChannelsLast);
}

void expect_same(torch::nn::BatchNorm2dOptions options) {
  torch::nn::BatchNorm2d ours(options), theirs(options);
  for (int64_t step = 0; step < 3; ++step) {
    const at::Tensor a = channels_last(step).requires_grad_(), b = channels_last(step).contiguous().requires_grad_();
    const bool training = step < 2;
    ours->train(training), theirs->train(training);
    const at::Tensor got = norm_relu(ours, a), want = theirs(b).relu();
    EXPECT_TRUE(torch::allclose(got, want, 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(norm(ours, a), theirs(b), 1e-5, 1e-6));
    (got * got).sum().backward();
    (want * want).sum().backward();
    EXPECT_TRUE(torch::allclose(a.grad(), b.grad(), 1e-4, 1e-4));
    for (size_t i = 0; i < ours->buffers().size(); ++i)
      EXPECT_TRUE(torch::allclose(ours->buffers()[i].to(torch::kDouble), theirs->buffers()[i].to(torch::kDouble), 1e-5, 1e-6)) << i;
  }
}

TEST(Norm, IsTheModulesOwn) {
  expect_same(torch::nn::BatchNorm2dOptions(5));
  expect_same(torch::nn::BatchNorm2dOptions(5).momentum(0.3).eps(1e-2));
  expect_same(torch::nn::BatchNorm2dOptions(5).affine(false));
  expect_same(torch::nn::BatchNorm2dOptions(5).momentum(c10::nullopt));
  expect_same(torch::nn::BatchNorm2dOptions(5).track_running_stats(false));
}

}  // namespace
}  // namespace kindred
