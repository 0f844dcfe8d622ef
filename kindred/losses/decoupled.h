// SPDX-License-Identifier: Apache-2.0
// Decoupled contrastive loss:  L = mean_i ( logsumexp_{negatives} l_ia  -  w_i l_ip(i) ):  NT-Xent without the positive
// below the line.  weighting none: w = 1 (DCL).  von_mises: w_i = 2 - e^{s_i/sigma} / mean e^{s/sigma}, without gradient (DCLW).
// Source: Yeh et al. 2021, arXiv:2110.06848 eq. 5 and 6. May be negative.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct DecoupledOptions {
  double temperature = 0.1;
  std::string weighting = "none";
  double sigma = 0.5;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, DecoupledOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("weighting", o.weighting, "weight of the positive: none (DCL) or von_mises (DCLW)", {"none", "von_mises"});
  v("sigma", o.sigma, "width of von_mises", above(0));
  implementation_field(v, o.impl);
}

// z1, z2: [B, D], row i of both is one instance; rows are normalised here. Anchors without negatives are skipped; B = 1: 0.
at::Tensor decoupled(const at::Tensor& z1, const at::Tensor& z2, const DecoupledOptions& options = {});
at::Tensor decoupled(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids,
                     const DecoupledOptions& options);

}  // namespace kindred
