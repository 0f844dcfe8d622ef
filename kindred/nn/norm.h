// SPDX-License-Identifier: Apache-2.0
// Batch norm of pictures through the fused passes of ops/batch_norm.h: what the module's own forward gives, and its
// running statistics move as they would.
#pragma once

#include <torch/nn/modules/batchnorm.h>

namespace kindred {

at::Tensor norm(torch::nn::BatchNorm2d& module, const at::Tensor& x);
at::Tensor norm_relu(torch::nn::BatchNorm2d& module, const at::Tensor& x);  // ReLU of it

}  // namespace kindred
