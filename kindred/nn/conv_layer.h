// SPDX-License-Identifier: Apache-2.0
// A convolution of LibTorch, by the faster of two ways (docs/perf.md).
#pragma once

#include <torch/nn/modules/conv.h>

namespace kindred {

// What convolution->forward(x) gives, up to rounding: as one matrix product (ops/patch_convolution.h) where the output has few
// positions and the input many channels.
torch::Tensor conv_layer(torch::nn::Conv2d& convolution, const torch::Tensor& x);

}  // namespace kindred
