// SPDX-License-Identifier: Apache-2.0
// Debiased contrastive loss: the sum over negatives is corrected for the positives that hide among them,
//   N_g = max( (sum_neg e^l - tau_plus N e^{l_pos}) / (1 - tau_plus),  N e^{-1/t} ),   L = mean -log( e^{l_pos} / (e^{l_pos} + N_g) ).
// Source: Chuang et al. 2020, arXiv:2007.00224 eq. 7 and 8, with one positive per anchor (M = 1) and N = 2B - 2.
// tau_plus = 0 is NT-Xent. Computed with the row maximum factored out, so that t = 0.01 stays finite in float32.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct DebiasedOptions {
  double temperature = 0.5;
  double tau_plus = 0.1;  // chance that a negative has the anchor's class
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, DebiasedOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("tau_plus", o.tau_plus, "chance that a random row has the anchor's class", from_below(0, 1));
  implementation_field(v, o.impl);
}

// z1, z2: [B, D], row i of both is one instance; rows are normalised here. B = 1: 0. Throws InvalidArgument, NonFinite.
at::Tensor debiased(const at::Tensor& z1, const at::Tensor& z2, const DebiasedOptions& options = {});
// ids: [B] int64 or undefined; rows of one id are no negatives of each other, and N counts only the others.
at::Tensor debiased(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, const DebiasedOptions& options);

// The loss of each anchor from [N] ln of its (re-weighted) negative sum, [N] its positive logit, [N] number of negatives.
at::Tensor debiased_terms(const at::Tensor& negative_lse, const at::Tensor& positive, const at::Tensor& count,
                          double temperature, double tau_plus);

}  // namespace kindred
