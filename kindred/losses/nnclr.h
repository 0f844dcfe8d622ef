// SPDX-License-Identifier: Apache-2.0
// NNCLR: the positive of a row is the nearest neighbour of its other view in a support set,
//   L = 1/2 [ L(nn1, p2) + L(nn2, p1) ],  L(nn, p) = 1/n sum_i ( logsumexp_k nn_i.p_k/t - nn_i.p_i/t ).
// Source: Dwibedi et al. 2021, arXiv:2104.14548 eq. 3 and 4. lightly's example feeds NT-Xent, which also counts nn-nn and
// p-p pairs below the line: denominators = "nt_xent".
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct NnclrOptions {
  double temperature = 0.1;
  std::string denominators = "paper";
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, NnclrOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("denominators", o.denominators, "paper: n terms; nt_xent: 2n - 1 terms (lightly)", {"paper", "nt_xent"});
  implementation_field(v, o.impl);
}

// z [B, D], support [K, D] -> [B, D]: for each row the unit row of support of largest cosine, lowest index first. No gradient.
at::Tensor nearest_neighbours(const at::Tensor& z, const at::Tensor& support);

// nn1, nn2: neighbours of the two views (no gradient flows); p1, p2: their predictions. [B, D] each, normalised here.
// ids: [B] int64 or undefined, as in info_nce. B = 1: 0.
at::Tensor nnclr(const at::Tensor& nn1, const at::Tensor& p2, const at::Tensor& nn2, const at::Tensor& p1,
                 const NnclrOptions& options = {});
at::Tensor nnclr(const at::Tensor& nn1, const at::Tensor& p2, const at::Tensor& nn2, const at::Tensor& p1,
                 const at::Tensor& ids, const NnclrOptions& options);

}  // namespace kindred
