// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/simcse.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {

at::Tensor simcse(const at::Tensor& z1, const at::Tensor& z2, const SimcseOptions& options) {
  return simcse(z1, z2, at::Tensor(), at::Tensor(), options);
}

at::Tensor simcse(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& hard, const at::Tensor& ids,
                  const SimcseOptions& options) {
  check_options(options, "simcse");
  const at::Tensor q = checked_rows(z1, "simcse", "z1"), k = checked_rows(z2, "simcse", "z2");
  check_alike(q, k, "simcse", "z1", "z2");
  const int64_t n = q.size(0);
  const Implementation by = choose_implementation(options.impl, q, nullptr, "simcse");
  const at::Tensor order = counting(n, q), query = unit_rows({q}, by), key = unit_rows({k}, by);
  PairMask negative{PairKeep::kDifferent, order, order, {}};
  if (ids.defined()) {
    const at::Tensor index = checked_index(ids, n, "simcse", "ids");
    negative = coded_mask(PairKeep::kDifferent, index, index);
  }
  const PairScale scale = cosine_scale(1 / options.temperature);
  const at::Tensor positive = (query * key).sum(1) * scale.scale;
  at::Tensor below = cross_logsumexp(query, key, scale, negative, false, by).rows;
  if (hard.defined()) {
    const at::Tensor h = checked_rows(hard, "simcse", "hard");
    check_alike(q, h, "simcse", "z1", "hard");
    const at::Tensor other = unit_rows({h}, by);
    const at::Tensor own = (query * other).sum(1) * scale.scale + std::log(options.hard_weight);
    below = log_add(below, log_add(cross_logsumexp(query, other, scale, negative, false, by).rows, own));
  }
  return stable_softplus(below - positive).mean();
}

}  // namespace kindred
