// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/hard_negative.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <limits>

#include "kindred/losses/debiased.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/losses/two_views.h"

namespace kindred {

at::Tensor hard_negative(const at::Tensor& z1, const at::Tensor& z2, const HardNegativeOptions& options) {
  return hard_negative(z1, z2, at::Tensor(), options);
}

at::Tensor hard_negative(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids,
                         const HardNegativeOptions& options) {
  check_options(options, "hard_negative");
  const TwoViews v = two_views(z1, z2, ids, options.temperature, "hard_negative");
  const at::Tensor count = v.negative.sum(1).to(v.logits.scalar_type());
  const at::Tensor sharp = options.beta * (options.detach_weights ? v.logits.detach() : v.logits);
  // sum w e^l = N sum e^{(1 + beta) l} / sum e^{beta l}; a row without negatives stays at -inf.
  const at::Tensor empty = count == 0;
  const at::Tensor weighted = masked_logsumexp(v.logits + sharp, v.negative).masked_fill(empty, 0) -
                              masked_logsumexp(sharp, v.negative).masked_fill(empty, 0) + count.clamp_min(1).log();
  const at::Tensor lse = weighted.masked_fill(empty, -std::numeric_limits<double>::infinity());
  return debiased_terms(lse, v.positive, count, options.temperature, options.tau_plus).mean();
}

}  // namespace kindred
