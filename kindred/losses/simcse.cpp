// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/simcse.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>

#include <cmath>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

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
  const at::Tensor index = ids.defined() ? checked_index(ids, n, "simcse", "ids") : counting(n, q);
  const at::Tensor unit = normalized(q);
  at::Tensor logits = unit.mm(normalized(k).t()) / options.temperature;  // [B, B]
  const at::Tensor positive = logits.diagonal();
  at::Tensor negative = same(index, index).logical_not();
  if (hard.defined()) {
    const at::Tensor h = checked_rows(hard, "simcse", "hard");
    check_alike(q, h, "simcse", "z1", "hard");
    const at::Tensor own = at::eye(n, logits.options());
    const at::Tensor more = unit.mm(normalized(h).t()) / options.temperature + std::log(options.hard_weight) * own;
    logits = at::cat({logits, more}, 1);  // [B, 2B]
    negative = at::cat({negative, negative | own.to(at::kBool)}, 1);
  }
  return stable_softplus(masked_logsumexp(logits, negative) - positive).mean();
}

}  // namespace kindred
