// SPDX-License-Identifier: Apache-2.0
// Hard negative sampling (HCL): the debiased loss with each negative weighted by w_a = e^{beta l_a} / mean_b e^{beta l_b}.
// Source: Robinson et al. 2021, arXiv:2010.04592 eq. 4 and 5; beta multiplies the logits after the temperature, and the
// gradient flows through the weights, both as in the authors' code. beta = 0 is the debiased loss.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct HardNegativeOptions {
  double temperature = 0.5;
  double tau_plus = 0.1;
  double beta = 1.0;
  bool detach_weights = false;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, HardNegativeOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("tau_plus", o.tau_plus, "chance that a random row has the anchor's class", from_below(0, 1));
  v("beta", o.beta, "how strongly near negatives are preferred; 0: all alike", at_least(0));
  v("detach_weights", o.detach_weights, "no gradient through the weights (often seen; the authors' code lets it flow)");
  implementation_field(v, o.impl);
}

// z1, z2: [B, D], row i of both is one instance; rows are normalised here. B = 1: 0. Throws InvalidArgument, NonFinite.
at::Tensor hard_negative(const at::Tensor& z1, const at::Tensor& z2, const HardNegativeOptions& options = {});
at::Tensor hard_negative(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids,
                         const HardNegativeOptions& options);

}  // namespace kindred
