// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/norm.h"

#include "kindred/ops/batch_norm.h"

namespace kindred {
namespace {

// A norm without a fixed momentum (the mean of all batches) or without running statistics is left to its module.
at::Tensor apply_norm(torch::nn::BatchNorm2dImpl& module, const at::Tensor& x, bool relu) {
  const auto& o = module.options;
  if (!o.momentum().has_value() || !o.track_running_stats()) {
    const at::Tensor y = module.forward(x);
    return relu ? y.relu() : y;
  }
  if (module.is_training()) module.num_batches_tracked.add_(1);
  return batch_norm(x,
                    {.weight = module.weight,
                     .bias = module.bias,
                     .running_mean = module.running_mean,
                     .running_var = module.running_var,
                     .momentum = *o.momentum(),
                     .eps = o.eps()},
                    module.is_training(), relu);
}

}  // namespace

at::Tensor norm(torch::nn::BatchNorm2d& module, const at::Tensor& x) { return apply_norm(*module, x, false); }
at::Tensor norm_relu(torch::nn::BatchNorm2d& module, const at::Tensor& x) { return apply_norm(*module, x, true); }

}  // namespace kindred
