// SPDX-License-Identifier: Apache-2.0
// The definition: the whole matrix of similarities, by tensor operations that autograd differentiates.
#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <limits>

#include "kindred/ops/logsumexp_passes.h"

namespace kindred {
namespace {

constexpr double kNothing = std::numeric_limits<double>::infinity();

// log sum e^u over dim of what is not -inf; -inf without gradient where that is nothing.
at::Tensor sums_over(const at::Tensor& u, int64_t dim) {
  const at::Tensor fixed = u.detach(), empty = (fixed > -kNothing).any(dim).logical_not();
  const at::Tensor top = fixed.amax(dim).masked_fill(empty, 0);  // it cancels, so it carries no gradient
  const at::Tensor sum = (u - top.unsqueeze(dim)).exp().sum(dim);
  return (top + at::where(empty, at::ones_like(sum), sum).log()).masked_fill(empty, -kNothing);
}

at::Tensor logits(const at::Tensor& a, const at::Tensor& b, const PairScale& scale, const PairMask& mask) {
  at::Tensor u = a.mm(b.t()) * scale.scale;
  if (mask.keep != PairKeep::kAll) {
    const at::Tensor same = mask.row_codes.unsqueeze(1) == mask.column_codes.unsqueeze(0);
    u = u.masked_fill(mask.keep == PairKeep::kSame ? same.logical_not() : same, -kNothing);
  }
  return mask.kept.defined() ? u.masked_fill(mask.kept.logical_not(), -kNothing) : u;
}

}  // namespace

at::Tensor dense_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask) {
  const at::Tensor u = logits(z, z, scale, mask);
  return sums_over(u.masked_fill(at::eye(z.size(0), u.options().dtype(at::kBool)), -kNothing), 1);
}

RowsAndColumns dense_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns) {
  const at::Tensor u = logits(q, k, scale, mask);
  return {sums_over(u, 1), columns ? sums_over(u, 0) : at::Tensor()};
}

}  // namespace kindred
