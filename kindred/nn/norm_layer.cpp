// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/norm_layer.h"

#include "kindred/ops/norm_relu.h"

namespace kindred {
namespace {

template <class Norm>
bool in_one_step(const Norm& norm, const torch::Tensor& x) {
  const auto& o = norm.options;
  return norm.is_training() && o.affine() && o.track_running_stats() && o.momentum().has_value() &&
         x.numel() > x.size(1);  // torch says what is wrong with a single value
}

template <class Norm>
torch::Tensor normed(Norm& norm, const torch::Tensor& x, bool relu, const torch::Tensor& added) {
  if (!in_one_step(norm, x)) {
    auto y = norm.forward(x);
    if (added.defined()) y = y + added;
    return relu ? y.relu_() : y;
  }
  const auto mean = torch::empty_like(norm.running_mean), variance = torch::empty_like(norm.running_var);
  const auto y = norm_relu(x, norm.weight, norm.bias, added, norm.options.eps(), relu, mean, variance);
  torch::NoGradGuard no_grad;
  norm.num_batches_tracked += 1;
  norm.running_mean.lerp_(mean, *norm.options.momentum());
  norm.running_var.lerp_(variance, *norm.options.momentum());
  return y;
}

}  // namespace

torch::Tensor norm_layer(torch::nn::BatchNorm1d& norm, const torch::Tensor& x, bool relu) {
  return normed(*norm, x, relu, {});
}
torch::Tensor norm_layer(torch::nn::BatchNorm2d& norm, const torch::Tensor& x, bool relu, const torch::Tensor& added) {
  return normed(*norm, x, relu, added);
}

}  // namespace kindred
