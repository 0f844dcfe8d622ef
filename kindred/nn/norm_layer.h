// SPDX-License-Identifier: Apache-2.0
// A batch norm of LibTorch, what is added after it and ReLU, in one step where it trains (ops/norm_relu.h).
#pragma once

#include <torch/nn/modules/batchnorm.h>

namespace kindred {

// f(norm(x) + added) with f = ReLU where relu is set; added: undefined, or of x's shape. What norm->forward() does to its
// running statistics is done here too, from the same numbers up to rounding.
torch::Tensor norm_layer(torch::nn::BatchNorm1d& norm, const torch::Tensor& x, bool relu = true);
torch::Tensor norm_layer(torch::nn::BatchNorm2d& norm, const torch::Tensor& x, bool relu = true,
                         const torch::Tensor& added = {});

}  // namespace kindred
