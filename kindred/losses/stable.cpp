// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/stable.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

namespace kindred {
namespace {
constexpr double kNothing = std::numeric_limits<double>::infinity();
constexpr int64_t kSerialSum = 16384;  // ATen adds this many numbers in one thread
constexpr int64_t kSumBlock = 1024;
}  // namespace

at::Tensor stable_softplus(const at::Tensor& x) {
  return at::softplus(x, /*beta=*/1, /*threshold=*/40);  // beyond 40 log1p(e^-x) is below double's last bit
}

at::Tensor masked_logsumexp(const at::Tensor& x, const at::Tensor& mask) {
  const at::Tensor kept = x.masked_fill(mask.logical_not(), -kNothing);
  const at::Tensor empty = mask.any(-1).logical_not();
  // The maximum cancels, so it carries no gradient.
  const at::Tensor top = kept.detach().amax(-1).masked_fill(empty, 0);
  const at::Tensor sum = (kept - top.unsqueeze(-1)).exp().sum(-1);
  return (top + at::where(empty, at::ones_like(sum), sum).log()).masked_fill(empty, -kNothing);
}

at::Tensor log_add(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor both = at::stack({a, b}, -1);
  return masked_logsumexp(both, both.detach() > -kNothing);
}

at::Tensor total(const at::Tensor& x) {
  at::Tensor part = x.flatten();
  while (part.numel() > kSerialSum) {
    const int64_t excess = part.numel() % kSumBlock;
    if (excess != 0) part = at::constant_pad_nd(part, {0, kSumBlock - excess});
    part = part.view({-1, kSumBlock}).sum(1);
  }
  return part.sum();
}

at::Tensor mean_where(const at::Tensor& values, const at::Tensor& valid) {
  const at::Tensor sum = total(at::where(valid, values, at::zeros_like(values)));
  return sum / valid.sum().clamp_min(1).to(values.scalar_type());
}

at::Tensor counting(int64_t n, const at::Tensor& like) { return at::arange(n, like.options().dtype(at::kLong)); }

at::Tensor off_diagonal(int64_t n, const at::Tensor& like) {
  return at::eye(n, like.options().dtype(at::kBool)).logical_not();
}

at::Tensor same(const at::Tensor& a, const at::Tensor& b) { return a.unsqueeze(1) == b.unsqueeze(0); }

}  // namespace kindred
