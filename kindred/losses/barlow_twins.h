// SPDX-License-Identifier: Apache-2.0
// Barlow Twins:  L = sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2,  C = A^T B / n, columns of A and B at mean 0 and variance 1.
// Source: Zbontar et al. 2021, arXiv:2103.03230 eq. 1 and 2; biased variance with 1e-5 under the root as in the authors'
// BatchNorm; their runs multiplied the loss by 0.024 (scale). lightly's lambda: 0.005.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct BarlowTwinsOptions {
  double lambda = 0.0051;
  double epsilon = 1e-5;
  double scale = 1;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, BarlowTwinsOptions& o) {
  v("lambda", o.lambda, "weight of the off-diagonal entries", at_least(0));
  v("epsilon", o.epsilon, "added to each variance", above(0));
  v("scale", o.scale, "multiplies the loss (authors' runs: 0.024)", above(0));
  implementation_field(v, o.impl);
}

// za, zb: [B, D], row i of both is one instance. B >= 2. A constant column counts 1. Throws InvalidArgument, NonFinite.
at::Tensor barlow_twins(const at::Tensor& za, const at::Tensor& zb, const BarlowTwinsOptions& options = {});

}  // namespace kindred
