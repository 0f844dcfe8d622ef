// SPDX-License-Identifier: Apache-2.0
// Proves: a conv layer is LibTorch's convolution, values and gradients, where it goes another way and where it does not.
#include "kindred/nn/conv_layer.h"

#include <gtest/gtest.h>

#include "tests/nn/fixture.h"

namespace kindred {
namespace {

void check_like_libtorch(torch::nn::Conv2dOptions options, const std::vector<int64_t>& shape, bool same_bits) {
  torch::nn::Conv2d layer(options);
  const auto x = test::normal_tensor(shape, 1), a = x.clone().requires_grad_(), b = x.clone().requires_grad_();
  const auto got = conv_layer(layer, a);
  (got * got.detach().cos()).sum().backward();
  const auto dw = layer->weight.grad().clone();
  layer->weight.mutable_grad() = torch::Tensor();
  const auto want = layer(b);
  (want * got.detach().cos()).sum().backward();
  EXPECT_LT(test::relative_gap(got, want), 1e-5);
  EXPECT_LT(test::relative_gap(a.grad(), b.grad()), 1e-5);
  EXPECT_LT(test::relative_gap(dw, layer->weight.grad()), 1e-5);
  EXPECT_EQ(torch::equal(got, want) && got.strides() == want.strides(), same_bits);
}

TEST(ConvLayer, IsLibTorchsConvolution) {
  using Options = torch::nn::Conv2dOptions;
  check_like_libtorch(Options(64, 32, 3).stride(2).padding(1).bias(false), {6, 64, 4, 4}, false);
  check_like_libtorch(Options(64, 32, 3).padding(1).bias(false), {6, 64, 4, 4}, false);
  check_like_libtorch(Options(64, 32, 3).padding(1).bias(false), {2, 64, 5, 4}, true);  // many positions
  check_like_libtorch(Options(8, 32, 3).padding(1).bias(false), {6, 8, 4, 4}, true);    // few channels
  check_like_libtorch(Options(64, 32, 3).padding(1), {6, 64, 4, 4}, true);              // a bias
  check_like_libtorch(Options(64, 32, 3).padding({1, 2}).bias(false), {6, 64, 4, 2}, true);
  check_like_libtorch(Options(64, 64, 3).padding(1).groups(2).bias(false), {6, 64, 4, 4}, true);
  check_like_libtorch(Options(64, 32, 2).dilation(2).bias(false), {6, 64, 4, 4}, true);
}

}  // namespace
}  // namespace kindred
