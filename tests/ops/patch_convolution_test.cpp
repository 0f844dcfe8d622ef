// SPDX-License-Identifier: Apache-2.0
// Proves: values and both gradients are those of torch's convolution in double, for strides, borders and kernels of any shape and
// inputs in any layout; a gradient has gradients; outputs and gradients come channels-last.
#include "kindred/ops/patch_convolution.h"

#include <ATen/ops/conv2d.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

constexpr double kFloatGap = 1e-5;  // relative, of sums of at most 100 products

at::Tensor image_numbers(std::vector<int64_t> shape, uint64_t seed) {
  return test::random_rows(shape[0], shape[1] * shape[2] * shape[3], seed).view(shape);
}
double gap_to(const at::Tensor& got, const at::Tensor& want) {
  return ((got.to(at::kDouble) - want).norm() / want.norm()).item<double>();
}

TEST(PatchConvolution, IsTorchsConvolution) {
  struct Case {
    std::vector<int64_t> x, weight;
    int64_t stride, padding;
  };
  for (const Case& c : {Case{{3, 5, 4, 4}, {7, 5, 3, 3}, 2, 1},
                        {{2, 8, 4, 3}, {4, 8, 3, 3}, 1, 1},
                        {{2, 3, 1, 1}, {4, 3, 3, 3}, 2, 1},
                        {{2, 3, 6, 5}, {4, 3, 2, 3}, 1, 0},
                        {{3, 6, 5, 5}, {2, 6, 1, 1}, 2, 0},
                        {{1, 1, 7, 7}, {1, 1, 5, 5}, 3, 2}})
    for (const bool last : {false, true}) {
      SCOPED_TRACE(testing::Message() << at::IntArrayRef(c.x) << at::IntArrayRef(c.weight) << last);
      const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
      const at::Tensor wx = image_numbers(c.x, 1).requires_grad_(), ww = image_numbers(c.weight, 2).requires_grad_();
      const at::Tensor x = wx.detach().to(at::kFloat).contiguous(format).requires_grad_();
      const at::Tensor w = ww.detach().to(at::kFloat).contiguous(format).requires_grad_();
      const at::Tensor want = at::conv2d(wx, ww, {}, c.stride, c.padding),
                       got = patch_convolution(x, w, c.stride, c.padding);
      ASSERT_EQ(got.sizes(), want.sizes());
      EXPECT_TRUE(got.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_LT(gap_to(got, want), kFloatGap);
      const at::Tensor g = image_numbers(want.sizes().vec(), 3);
      (want * g).sum().backward();
      (got * g.to(at::kFloat)).sum().backward();
      EXPECT_LT(gap_to(x.grad(), wx.grad()), kFloatGap);
      EXPECT_LT(gap_to(w.grad(), ww.grad()), kFloatGap);
    }
}

TEST(PatchConvolution, GradientsHaveGradients) {
  const auto second = [](at::ScalarType type, auto convolve) {
    const at::Tensor x = image_numbers({2, 3, 4, 4}, 1).to(type).requires_grad_();
    const at::Tensor w = image_numbers({4, 3, 3, 3}, 2).to(type).requires_grad_();
    const at::Tensor first = torch::autograd::grad({convolve(x, w).pow(3).sum()}, {x}, {}, true, true)[0];
    return torch::autograd::grad({first.square().sum()}, {x, w});
  };
  const auto got =
      second(at::kFloat, [](const at::Tensor& x, const at::Tensor& w) { return patch_convolution(x, w, 2, 1); });
  const auto want =
      second(at::kDouble, [](const at::Tensor& x, const at::Tensor& w) { return at::conv2d(x, w, {}, 2, 1); });
  for (size_t i = 0; i < want.size(); ++i) EXPECT_LT(gap_to(got[i], want[i]), 1e-4) << i;
}

TEST(PatchConvolution, OnlyTheGradientsThatAreAskedFor) {
  const at::Tensor x = image_numbers({2, 3, 4, 4}, 1).to(at::kFloat),
                   w = image_numbers({4, 3, 3, 3}, 2).to(at::kFloat).requires_grad_();
  patch_convolution(x, w, 1, 1).sum().backward();
  EXPECT_TRUE(w.grad().defined() && !x.grad().defined());
}

}  // namespace
}  // namespace kindred
