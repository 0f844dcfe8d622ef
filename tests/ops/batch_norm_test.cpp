// SPDX-License-Identifier: Apache-2.0
// The fused passes against torch's batch norm and ReLU in double: values, gradients and running statistics, over shapes
// around vectors and chunks, with and without weights; finite differences; the same bits for any number of threads; what
// is not fused gives the same figures.
#include "kindred/ops/batch_norm.h"

#include <gtest/gtest.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <limits>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

struct Norm {
  at::Tensor weight, bias, mean, var;
  explicit Norm(int64_t c, bool affine, at::ScalarType type)
      : mean(torch::linspace(-1, 1, c, type)), var(torch::linspace(0.5, 2, c, type)) {
    if (!affine) return;
    weight = torch::linspace(-1, 2, c, type).requires_grad_();  // negative, and near 0 in the middle
    bias = torch::linspace(0.5, -0.5, c, type).requires_grad_();
  }
  BatchNormState state() const { return {weight, bias, mean, var, 0.1, 1e-5}; }
};

at::Tensor input(std::vector<int64_t> shape, at::ScalarType type, int64_t seed) {
  torch::manual_seed(seed);
  const at::Tensor x = torch::randn(shape, torch::kDouble) * 3 + 2;
  return (shape.size() == 4 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x).to(type);
}

double gap(const at::Tensor& a, const at::Tensor& b) { return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>(); }

void compare(const std::vector<int64_t>& shape, at::ScalarType type, bool affine, bool relu) {
  SCOPED_TRACE(testing::Message() << shape << " " << type << " affine " << affine << " relu " << relu);
  const double tolerance = type == torch::kFloat ? 2e-5 : 1e-11;
  const Norm fused(shape[1], affine, type), plain(shape[1], affine, torch::kDouble);
  const at::Tensor x = input(shape, type, 3), w = input(shape, torch::kDouble, 4);
  const at::Tensor a = x.clone().requires_grad_(), b = x.to(torch::kDouble).contiguous().requires_grad_();
  ASSERT_TRUE(batch_norm_is_fused(a, true));
  const at::Tensor got = batch_norm(a, fused.state(), true, relu);
  at::Tensor want = at::batch_norm(b, plain.weight, plain.bias, plain.mean, plain.var, true, 0.1, 1e-5, false);
  // Where a value is within rounding of 0, ReLU's mask may differ: such places get no gradient on either side.
  const at::Tensor kept = w * (want.abs() > 1e-3);
  if (relu) want = want.relu();
  EXPECT_EQ(got.suggest_memory_format(), x.suggest_memory_format());
  EXPECT_LT(gap(got, want), tolerance);
  EXPECT_LT(gap(fused.mean, plain.mean), tolerance);
  EXPECT_LT(gap(fused.var, plain.var), 10 * tolerance);
  (got * kept.to(type)).sum().backward();
  (want * kept).sum().backward();
  const double size = 1 + b.grad().abs().max().item<double>();
  EXPECT_LT(gap(a.grad(), b.grad()), tolerance * size);
  if (!affine) return;
  const double rows = static_cast<double>(x.numel() / x.size(1));
  EXPECT_LT(gap(fused.weight.grad(), plain.weight.grad()), tolerance * rows);
  EXPECT_LT(gap(fused.bias.grad(), plain.bias.grad()), tolerance * rows);
}

TEST(BatchNorm, IsThatOfTorch) {
  for (const auto type : {torch::kFloat, torch::kDouble})
    for (const bool affine : {true, false})
      for (const bool relu : {true, false}) {
        for (const int64_t c : {1, 3, 8, 16, 17, 48}) {
          compare({9, c}, type, affine, relu);
          compare({4, c, 5, 3}, type, affine, relu);
          compare({7, c, 1, 1}, type, affine, relu);
        }
        compare({40, 32, 14, 14}, type, affine, relu);  // several chunks
        compare({6, 40000}, type, affine, relu);        // a row longer than a chunk
      }
}

TEST(BatchNorm, GradientsAreFiniteDifferences) {
  for (const bool relu : {true, false}) {
    const at::Tensor x = input({6, 5}, torch::kDouble, 1), weight = torch::linspace(0.5, 2, 5, torch::kDouble),
                     bias = torch::linspace(-1, 1, 5, torch::kDouble), pull = input({6, 5}, torch::kDouble, 2);
    test::expect_gradients(
        [&](const std::vector<at::Tensor>& in) {
          return (batch_norm(in[0], {.weight = in[1], .bias = in[2]}, true, relu) * pull).sum();
        },
        {x, weight, bias}, relu ? "with ReLU" : "alone");
  }
}

TEST(BatchNorm, ALargeMeanCostsNoDigits) {
  const at::Tensor x = input({512, 20}, torch::kFloat, 5), far = (x * 0.25).round() * 0.125 + 4096;  // exact in float32
  const at::Tensor got = batch_norm(far, {}, true, false);
  const at::Tensor d = far.to(torch::kDouble), want = (d - d.mean(0)) / (d.var(0, false) + 1e-5).sqrt();
  // y = scale x + shift in float32: what is left of x's own rounding, 4096 units of its last place at most
  EXPECT_LT(gap(got, want), 2e-2);
  const at::Tensor var = torch::zeros({20}), mean = torch::zeros({20});
  batch_norm(far, {.running_mean = mean, .running_var = var, .momentum = 1}, true, false);
  EXPECT_LT(((var.to(torch::kDouble) - d.var(0, true)) / d.var(0, true)).abs().max().item<double>(), 1e-5);
}

TEST(BatchNorm, ThreadsDoNotMatter) {
  const int before = at::get_num_threads();
  std::vector<at::Tensor> results;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const at::Tensor x = input({64, 33, 9, 9}, torch::kFloat, 6).requires_grad_();
    const Norm norm(33, true, torch::kFloat);
    const at::Tensor y = batch_norm(x, norm.state(), true, true);
    (y * y).sum().backward();
    results.push_back(torch::cat({y.flatten(), x.grad().flatten(), norm.weight.grad(), norm.bias.grad(), norm.var}));
  }
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(results[0], results[1]));
  EXPECT_TRUE(torch::equal(results[0], results[2]));
}

TEST(BatchNorm, WhatIsNotFusedGivesTheSameFigures) {
  const Norm fused(6, true, torch::kFloat), plain(6, true, torch::kFloat);
  const at::Tensor x = input({5, 6, 4, 4}, torch::kFloat, 7), channels_first = x.contiguous();
  EXPECT_FALSE(batch_norm_is_fused(channels_first, true));
  EXPECT_FALSE(batch_norm_is_fused(x, false));
  EXPECT_LT(gap(batch_norm(x, fused.state(), true, true), batch_norm(channels_first, plain.state(), true, true)), 1e-5);
  const at::Tensor want = (channels_first - plain.mean.view({6, 1, 1})) / (plain.var.view({6, 1, 1}) + 1e-5).sqrt() *
                              plain.weight.view({6, 1, 1}) + plain.bias.view({6, 1, 1});
  EXPECT_LT(gap(batch_norm(x, fused.state(), false, false), want), 1e-5);
}

TEST(BatchNorm, NanStaysInItsColumn) {
  at::Tensor x = input({8, 3}, torch::kFloat, 8);
  x[2][1] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor y = batch_norm(x, {}, true, true);
  EXPECT_TRUE(y.select(1, 1).isnan().all().item<bool>());
  EXPECT_FALSE(y.select(1, 0).isnan().any().item<bool>());
  EXPECT_FALSE(y.select(1, 2).isnan().any().item<bool>());
}

TEST(BatchNorm, Refusals) {
  EXPECT_ANY_THROW(batch_norm(torch::ones({1, 4}), {}, true, true));  // one row has no variance
  const at::Tensor x = input({4, 3}, torch::kDouble, 9).requires_grad_();
  const at::Tensor y = batch_norm(x, {}, true, false).pow(2).sum();
  EXPECT_ANY_THROW(torch::autograd::grad({y}, {x}, {}, true, true));
}

}  // namespace
}  // namespace kindred
