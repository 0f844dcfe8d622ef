// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/siglip.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

at::Tensor checked_scalar(const at::Tensor& x, const char* name, const at::Tensor& like) {
  check(x.numel() == 1, "siglip: expected a scalar ", name, ", got shape ", x.sizes());
  return checked_values(x, "siglip", name).reshape({}).to(like.scalar_type());
}

}  // namespace

at::Tensor siglip(const at::Tensor& a, const at::Tensor& b, const SiglipOptions& options) {
  return siglip(a, b, at::Tensor(), at::Tensor(), at::Tensor(), options);
}

at::Tensor siglip(const at::Tensor& a, const at::Tensor& b, const at::Tensor& logit_scale, const at::Tensor& bias,
                  const at::Tensor& ids, const SiglipOptions& options) {
  check_options(options, "siglip");
  const at::Tensor x = checked_rows(a, "siglip", "a"), y = checked_rows(b, "siglip", "b");
  check_alike(x, y, "siglip", "a", "b");
  const int64_t n = x.size(0);
  const at::Tensor s = normalized(x).mm(normalized(y).t());
  const at::Tensor scaled =
      logit_scale.defined() ? s * checked_scalar(logit_scale, "logit_scale", s).exp() : s / options.temperature;
  const at::Tensor logits = bias.defined() ? scaled + checked_scalar(bias, "bias", s) : scaled + options.bias;
  at::Tensor negative = off_diagonal(n, s);
  if (ids.defined()) {
    const at::Tensor index = checked_index(ids, n, "siglip", "ids");
    negative = negative & same(index, index).logical_not();
  }
  const at::Tensor pushed = at::where(negative, stable_softplus(logits), at::zeros_like(logits)).sum(1);
  return (pushed + stable_softplus(-logits.diagonal())).mean();
}

}  // namespace kindred
