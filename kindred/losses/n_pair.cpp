// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/n_pair.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

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
  const at::Tensor f = options.normalize ? normalized(a) : a, g = options.normalize ? normalized(p) : p;
  const at::Tensor logits = f.mm(g.t());
  at::Tensor negative = off_diagonal(n, logits);
  if (ids.defined()) {
    const at::Tensor index = checked_index(ids, n, "n_pair", "ids");
    negative = negative & same(index, index).logical_not();
  }
  const at::Tensor loss = stable_softplus(masked_logsumexp(logits, negative) - logits.diagonal()).mean();
  const double weight = options.l2 / static_cast<double>(2 * n);
  return loss + weight * (total(a.square().sum(1)) + total(p.square().sum(1)));
}

}  // namespace kindred
