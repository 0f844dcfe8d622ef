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
  const TwoViews v = two_views(z1, z2, ids, options.temperature, options.impl, "hard_negative");
  const at::Tensor count = v.negative_count(), empty = count == 0;
  // sum w e^l = N sum e^{(1 + beta) l} / sum e^{beta l}; a row without negatives stays at -inf.
  at::Tensor both = v.negative_logsumexp(1 + options.beta).masked_fill(empty, 0);
  at::Tensor sharp =
      options.beta > 0 ? v.negative_logsumexp(options.beta).masked_fill(empty, 0) : count.clamp_min(1).log();
  if (options.detach_weights) {
    // With beta l held still the slope of the first sum is that of l alone: one part in 1 + beta.
    const at::Tensor moving = both / (1 + options.beta);
    both = moving + (both - moving).detach();
    sharp = sharp.detach();
  }
  const at::Tensor weighted = both - sharp + count.clamp_min(1).log();
  const at::Tensor lse = weighted.masked_fill(empty, -std::numeric_limits<double>::infinity());
  return debiased_terms(lse, v.positive, count, options.temperature, options.tau_plus).mean();
}

}  // namespace kindred
