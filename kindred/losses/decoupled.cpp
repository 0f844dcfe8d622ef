// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/decoupled.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/losses/two_views.h"

namespace kindred {
namespace {

// Weights of mean 1. Both views hold the same cosines, so one softmax over the 2B rows is that of each view.
at::Tensor weights(const at::Tensor& positive, const DecoupledOptions& options) {
  if (options.weighting == "none") return at::ones_like(positive);
  const at::Tensor scaled = positive.detach() * (options.temperature / options.sigma);
  return 2 - scaled.softmax(0) * static_cast<double>(positive.numel());
}

}  // namespace

at::Tensor decoupled(const at::Tensor& z1, const at::Tensor& z2, const DecoupledOptions& options) {
  return decoupled(z1, z2, at::Tensor(), options);
}

at::Tensor decoupled(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids,
                     const DecoupledOptions& options) {
  check_options(options, "decoupled");
  const TwoViews v = two_views(z1, z2, ids, options.temperature, options.impl, "decoupled");
  const at::Tensor terms = v.negative_logsumexp() - weights(v.positive, options) * v.positive;
  return mean_where(terms, v.negative_count() > 0);
}

}  // namespace kindred
