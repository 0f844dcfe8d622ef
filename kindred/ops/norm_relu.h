// SPDX-License-Identifier: Apache-2.0
// Batch norm over the batch's own statistics, an addition and ReLU as one differentiable step.
//
//   y = f((x - mean) / sqrt(var + eps) weight + bias + added),   f = ReLU or nothing
//
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1; mean and (biased) variance over all but the channels.
// float32 and float64 on a CPU take the kernels of kernels/norm_rows.h: three reads and one write of x's size forward, two
// passes backward where the separate operations make seven. The same bits for any number of threads.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// x: [B, C] or [B, C, H, W]; weight, bias: [C]; added: undefined, or of x's shape. mean, variance: given [C] tensors of x's type
// that receive the statistics (variance: unbiased, as running statistics want it), no gradient. REQUIRES more than one value in
// a channel.
at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& added,
                     double eps, bool relu, const at::Tensor& mean, const at::Tensor& variance);
// The same out of tensor operations: its definition, and what other devices and types take.
at::Tensor norm_relu_composite(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                               const at::Tensor& added, double eps, bool relu, const at::Tensor& mean,
                               const at::Tensor& variance);

}  // namespace kindred
