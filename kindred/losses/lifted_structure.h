// SPDX-License-Identifier: Apache-2.0
// Lifted structured embedding, with D the distance, P the unordered positive pairs and N(i) the negatives of i:
//   J_ij = D_ij + log( sum_{k in N(i)} e^{m - D_ik} + sum_{l in N(j)} e^{m - D_jl} ),   L = 1/|P| sum_P 1/2 max(0, J_ij)^2.
// Source: Oh Song et al. 2016, arXiv:1511.06452 eq. 4: hinge, then square. A pair without negatives adds 0.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/distance.h"
#include "kindred/losses/reducer.h"

namespace kindred {

struct Relation;

struct LiftedStructureOptions {
  double margin = 1.0;
  std::string distance = "euclidean";
  bool normalize = false;
  std::string reduction = "mean";
};
inline void visit_fields(FieldList& v, LiftedStructureOptions& o) {
  v("margin", o.margin, "added to every negative's exponent");
  v("distance", o.distance, "measure between rows; similarities are turned: 1 - cosine, -dot", distance_names());
  v("normalize", o.normalize, "bring the rows to unit length first");
  v("reduction", o.reduction, "how the pairs become the loss; the anchor of a pair is its lower row",
    reduction_names());
}

// x: [N, D]. No positive pairs or no negatives: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor lifted_structure(const at::Tensor& x, const Relation& relation, const LiftedStructureOptions& options = {});
at::Tensor lifted_structure(const at::Tensor& x, const at::Tensor& labels, const LiftedStructureOptions& options = {});

}  // namespace kindred
