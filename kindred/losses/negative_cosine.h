// SPDX-License-Identifier: Apache-2.0
// Prediction against the other view's target, without negatives:
//   simsiam:  L = 1/2 D(p1, z2) + 1/2 D(p2, z1),  D = -cos        byol:  L = (2 - 2 cos(p1, z2)) + (2 - 2 cos(p2, z1)) = 4 + 4 L_simsiam
// Source: Chen & He 2021, SimSiam, arXiv:2011.10566 eq. 4; Grill et al. 2020, BYOL, arXiv:2006.07733 eq. 2.
// The targets get no gradient: without that stop the loss collapses (stop_gradient = false exists to show it).
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct NegativeCosineOptions {
  std::string form = "simsiam";
  bool stop_gradient = true;
};
inline void visit_fields(FieldList& v, NegativeCosineOptions& o) {
  v("form", o.form, "simsiam: half the sum of the negative cosines, in [-1, 1]; byol: the sum of 2 - 2 cos, in [0, 8]",
    {"simsiam", "byol"});
  v("stop_gradient", o.stop_gradient, "no gradient to the targets");
}

// One direction: the mean of -cos (simsiam) or of 2 - 2 cos (byol). [B, D] each, normalised here; a zero row has cosine 0.
at::Tensor negative_cosine(const at::Tensor& prediction, const at::Tensor& target,
                           const NegativeCosineOptions& options = {});
// Both directions: p1 is held against z2 and p2 against z1.
at::Tensor negative_cosine(const at::Tensor& p1, const at::Tensor& z2, const at::Tensor& p2, const at::Tensor& z1,
                           const NegativeCosineOptions& options = {});

}  // namespace kindred
