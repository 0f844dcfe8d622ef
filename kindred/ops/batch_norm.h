// SPDX-License-Identifier: Apache-2.0
// Batch norm, with or without the ReLU behind it, in three passes over the data forward (two that read, one that writes)
// and two backward.
//
// Source: Ioffe & Szegedy 2015, arXiv:1502.03167. The figures are those of torch.nn.BatchNorm followed by ReLU; the mask
// of ReLU is computed again in the backward pass, so that only x is kept.
#pragma once

#include <ATen/core/Tensor.h>

namespace kindred {

struct BatchNormState {
  at::Tensor weight = {}, bias = {};                // [C], or undefined: 1 and 0
  at::Tensor running_mean = {}, running_var = {};   // [C], or undefined; moved by a training pass
  double momentum = 0.1;                  // share of the new statistics in the running ones
  double eps = 1e-5;
};

// x [B, C] or [B, C, H, W]. training: with the statistics of x, else with the running ones. The fused passes take float32
// and float64 in training on a CPU, in rows of channels ([B, C] contiguous, or channels-last); anything else is made of
// torch's own operations. No second derivatives. Results do not depend on the number of threads.
// Throws InvalidArgument: training with one value in a channel, which has no variance.
at::Tensor batch_norm(const at::Tensor& x, const BatchNormState& state, bool training, bool relu);

// Whether batch_norm() would take the fused passes: for tests and benchmarks.
bool batch_norm_is_fused(const at::Tensor& x, bool training);

}  // namespace kindred
