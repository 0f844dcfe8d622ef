// SPDX-License-Identifier: Apache-2.0
// SimCSE: one-way InfoNCE between two dropout passes of one sentence; with hard negatives (contradictions) the second
// passes and the hard negatives of the whole batch stand below the line (2n terms).
// Source: Gao et al. 2021, arXiv:2104.08821 eq. 1 (unsupervised), 5 (supervised); the weight of the own hard negative is
// that of its appendix (added as ln to its logit; 1 in the paper's models).
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct SimcseOptions {
  double temperature = 0.05;
  double hard_weight = 1.0;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, SimcseOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("hard_weight", o.hard_weight, "weight of a row's own hard negative below the line", above(0));
  implementation_field(v, o.impl);
}

// z1, z2: [B, D]; hard: [B, D] or undefined; ids: [B] int64 or undefined: rows of the query's id are no negatives (the own
// hard negative stays one). Rows are normalised here. B = 1 without hard negatives: 0. Throws InvalidArgument, NonFinite.
at::Tensor simcse(const at::Tensor& z1, const at::Tensor& z2, const SimcseOptions& options = {});
at::Tensor simcse(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& hard, const at::Tensor& ids,
                  const SimcseOptions& options);

}  // namespace kindred
