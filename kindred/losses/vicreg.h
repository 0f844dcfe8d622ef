// SPDX-License-Identifier: Apache-2.0
// VICReg:  L = invariance s(Z, Z') + variance [v(Z) + v(Z')] + covariance [c(Z) + c(Z')],
//   s = 1/n sum |z - z'|^2,  v = 1/d sum_j [gamma - sqrt(C_jj + eps)]+,  c = 1/d sum_{i != j} C_ij^2,  C with n - 1.
// Source: Bardes et al. 2022, arXiv:2105.04906 eq. 1 to 6, weights 25, 25, 1. The authors' code, lightly and
// pytorch-metric-learning take the invariance as the mean over n d (d times smaller) and half the variance: convention = "code".
// The weights were tuned for the code's form: train with that.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct VicregOptions {
  double invariance = 25;
  double variance = 25;
  double covariance = 1;
  double gamma = 1;
  double epsilon = 1e-4;
  std::string convention = "paper";
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, VicregOptions& o) {
  v("invariance", o.invariance, "weight of the distance of the two views", at_least(0));
  v("variance", o.variance, "weight of the hinge on each column's deviation", at_least(0));
  v("covariance", o.covariance, "weight of the squared covariances", at_least(0));
  v("gamma", o.gamma, "deviation that each column should reach", above(0));
  v("epsilon", o.epsilon, "added to each variance", above(0));
  v("convention", o.convention,
    "paper: as written there; code: invariance / d and variance / 2, as all released code has it", {"paper", "code"});
  implementation_field(v, o.impl);
}

// za, zb: [B, D], row i of both is one instance, not normalised. B >= 2. Throws InvalidArgument, NonFinite.
at::Tensor vicreg(const at::Tensor& za, const at::Tensor& zb, const VicregOptions& options = {});

}  // namespace kindred
