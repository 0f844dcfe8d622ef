// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/align_uniform.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bincount.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {
namespace {

// |x - y|^alpha from squared distances; slope 0 at 0 for every alpha.
at::Tensor power(const at::Tensor& square, double alpha) {
  if (alpha == 2) return square;
  const at::Tensor zero = square.detach() == 0;
  return square.masked_fill(zero, 1).pow(alpha / 2).masked_fill(zero, 0);
}

// unit: [N, D]; pairs of different ids count. |a - b|^2 = 2 - 2 ab, exact enough here: e^{-t d} has no pole at d = 0.
at::Tensor uniformity_over(const at::Tensor& unit, const at::Tensor& ids, double t, Implementation by) {
  const PairMask pairs = coded_mask(PairKeep::kDifferent, ids, ids);
  const at::Tensor others = unit.size(0) - at::bincount(pairs.row_codes).index_select(0, pairs.row_codes);  // [N]
  const at::Tensor count = others.sum(), rows = self_logsumexp(unit, cosine_scale(2 * t), pairs, by) - 2 * t;
  const at::Tensor all = masked_logsumexp(rows, others > 0);  // every unordered pair twice: cancels in the mean
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
  const Implementation by = choose_implementation("auto", rows, nullptr, "align_uniform");
  return uniformity_over(unit_rows({rows}, by), counting(rows.size(0), rows), t, by);
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
  const Implementation by = choose_implementation(options.impl, a, nullptr, "align_uniform");
  const at::Tensor u = unit_rows({a}, by), w = unit_rows({b}, by);
  return aligned(u, w, options.alpha) +
         0.5 * options.lambda * (uniformity_over(u, index, options.t, by) + uniformity_over(w, index, options.t, by));
}

}  // namespace kindred
