// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/siglip.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logistic.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {
namespace {

at::Tensor checked_scalar(const at::Tensor& x, const char* name, const at::Tensor& like) {
  check(x.numel() == 1, "siglip: expected a scalar ", name, ", got shape ", x.sizes());
  return checked_values(x, "siglip", name).reshape({}).to(like.scalar_type());
}

// Unit rows, and how they become logits: scale <x, y> + bias.
struct Logits {
  at::Tensor x, y;
  double scale, bias;
};
// A learned scale or bias goes into the rows, so that its gradient comes out of theirs.
Logits logits_of(const at::Tensor& x, const at::Tensor& y, const at::Tensor& logit_scale, const at::Tensor& bias,
                 const SiglipOptions& options) {
  Logits out{x, y, 1 / options.temperature, options.bias};
  if (logit_scale.defined()) out.x = x * checked_scalar(logit_scale, "logit_scale", x).exp(), out.scale = 1;
  if (bias.defined()) {
    const at::Tensor b = checked_scalar(bias, "bias", x) / out.scale, ones = at::ones_like(x.select(1, 0)).unsqueeze(1);
    out.x = at::cat({out.x, b * ones}, 1), out.y = at::cat({y, ones}, 1), out.bias = 0;
  }
  return out;
}

// codes: pairs of one code are no negatives.
at::Tensor tiled_siglip(const Logits& logits, const at::Tensor& codes, Implementation by) {
  const at::Tensor positive = (logits.x * logits.y).sum(1) * logits.scale + logits.bias;
  const at::Tensor pushed = cross_logistic(logits.x, logits.y, codes, codes,
                                           {.scale = logits.scale, .bias = logits.bias, .same = 0, .different = 1}, by);
  return pushed / static_cast<double>(positive.size(0)) + stable_softplus(-positive).mean();
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
  const Implementation by = choose_implementation(options.impl, x, nullptr, "siglip");
  if (by != Implementation::kComposite) {
    const at::Tensor index = ids.defined() ? checked_index(ids, n, "siglip", "ids") : counting(n, x);
    const at::Tensor codes = coded_mask(PairKeep::kDifferent, index, index).row_codes;
    return tiled_siglip(logits_of(unit_rows({x}, by), unit_rows({y}, by), logit_scale, bias, options), codes, by);
  }
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
