// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/debiased.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/maximum.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/losses/two_views.h"

namespace kindred {

at::Tensor debiased_terms(const at::Tensor& negative_lse, const at::Tensor& positive, const at::Tensor& count,
                          double temperature, double tau_plus) {
  if (tau_plus == 0) return stable_softplus(negative_lse - positive);  // the floor is below every possible sum
  const at::Tensor top = at::maximum(negative_lse, positive).detach();
  const at::Tensor up = (positive - top).exp(), sum = (negative_lse - top).exp();  // at least one is 1
  const at::Tensor floor = count * (-1 / temperature - top).exp();
  const at::Tensor mass = at::maximum((sum - tau_plus * count * up) / (1 - tau_plus), floor);
  return (up + mass).log() - (positive - top);
}

at::Tensor debiased(const at::Tensor& z1, const at::Tensor& z2, const DebiasedOptions& options) {
  return debiased(z1, z2, at::Tensor(), options);
}

at::Tensor debiased(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, const DebiasedOptions& options) {
  check_options(options, "debiased");
  const TwoViews v = two_views(z1, z2, ids, options.temperature, options.impl, "debiased");
  return debiased_terms(v.negative_logsumexp(), v.positive, v.negative_count(), options.temperature, options.tau_plus)
      .mean();
}

}  // namespace kindred
