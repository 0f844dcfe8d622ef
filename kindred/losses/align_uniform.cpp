// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/align_uniform.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

// |x - y|^alpha from squared distances; slope 0 at 0 for every alpha.
at::Tensor power(const at::Tensor& square, double alpha) {
  if (alpha == 2) return square;
  const at::Tensor zero = square.detach() == 0;
  return square.masked_fill(zero, 1).pow(alpha / 2).masked_fill(zero, 0);
}

// unit: [N, D]; pairs: [N, N] bool, symmetric. |a - b|^2 = 2 - 2 ab, exact enough here: e^{-t d} has no pole at d = 0.
at::Tensor uniformity_over(const at::Tensor& unit, const at::Tensor& pairs, double t) {
  const at::Tensor exponent = 2 * t * (unit.mm(unit.t()) - 1);
  const at::Tensor count = pairs.sum();
  const at::Tensor rows = masked_logsumexp(exponent, pairs);
  const at::Tensor all = masked_logsumexp(rows, pairs.any(1));  // every unordered pair twice: cancels in the mean
  return (all - count.clamp_min(1).to(all.scalar_type()).log()).masked_fill(count == 0, 0);
}

at::Tensor aligned(const at::Tensor& x, const at::Tensor& y, double alpha) {
  return power((x - y).square().sum(1), alpha).mean();
}

}  // namespace

at::Tensor alignment(const at::Tensor& x, const at::Tensor& y, double alpha) {
  const at::Tensor a = checked_rows(x, "align_uniform", "x"), b = checked_rows(y, "align_uniform", "y");
  check_alike(a, b, "align_uniform", "x", "y");
  return aligned(normalized(a), normalized(b), alpha);
}

at::Tensor uniformity(const at::Tensor& x, double t) {
  const at::Tensor rows = checked_rows(x, "align_uniform", "x");
  return uniformity_over(normalized(rows), off_diagonal(rows.size(0), rows), t);
}

at::Tensor align_uniform(const at::Tensor& x, const at::Tensor& y, const AlignUniformOptions& options) {
  return align_uniform(x, y, at::Tensor(), options);
}

at::Tensor align_uniform(const at::Tensor& x, const at::Tensor& y, const at::Tensor& ids,
                         const AlignUniformOptions& options) {
  check_options(options, "align_uniform");
  const at::Tensor a = checked_rows(x, "align_uniform", "x"), b = checked_rows(y, "align_uniform", "y");
  check_alike(a, b, "align_uniform", "x", "y");
  const int64_t n = a.size(0);
  const at::Tensor index = ids.defined() ? checked_index(ids, n, "align_uniform", "ids") : counting(n, a);
  const at::Tensor pairs = same(index, index).logical_not(), u = normalized(a), w = normalized(b);
  return aligned(u, w, options.alpha) +
         0.5 * options.lambda * (uniformity_over(u, pairs, options.t) + uniformity_over(w, pairs, options.t));
}

}  // namespace kindred
