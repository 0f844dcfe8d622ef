// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/n_pair.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {

at::Tensor n_pair(const at::Tensor& anchor, const at::Tensor& positive, const NPairOptions& options) {
  return n_pair(anchor, positive, at::Tensor(), options);
}

at::Tensor n_pair(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& ids,
                  const NPairOptions& options) {
  check_options(options, "n_pair");
  const at::Tensor a = checked_rows(anchor, "n_pair", "anchor"), p = checked_rows(positive, "n_pair", "positive");
  check_alike(a, p, "n_pair", "anchor", "positive");
  const int64_t n = a.size(0);
  const Implementation by = choose_implementation(options.impl, a, nullptr, "n_pair");
  const at::Tensor f = options.normalize ? unit_rows({a}, by) : a, g = options.normalize ? unit_rows({p}, by) : p;
  const at::Tensor order = counting(n, a);
  PairMask negative{PairKeep::kDifferent, order, order, {}};
  if (ids.defined()) {
    const at::Tensor index = checked_index(ids, n, "n_pair", "ids");
    negative = coded_mask(PairKeep::kDifferent, index, index);
  }
  const PairScale scale{1, options.normalize ? cosine_scale(1).bound : kUnbounded};  // raw products know no bound
  const at::Tensor below = cross_logsumexp(f, g, scale, negative, false, by).rows;
  const at::Tensor loss = stable_softplus(below - (f * g).sum(1)).mean();
  const double weight = options.l2 / static_cast<double>(2 * n);
  return loss + weight * (total(a.square().sum(1)) + total(p.square().sum(1)));
}

}  // namespace kindred
