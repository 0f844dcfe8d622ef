// SPDX-License-Identifier: Apache-2.0
// Triplet loss:  max(0, D_ap - D_an + m), or stable_softplus(D_ap - D_an) with soft.
// Source: Schroff et al. 2015, FaceNet, arXiv:1503.03832 eq. 2: squared distance of unit rows, m = 0.2; Hermans et al. 2017,
// arXiv:1703.07737 (soft margin, batch hard). Departs from FaceNet, which sums over triplets: reduction = "sum".
// torch's TripletMarginLoss: distance euclidean, normalize false, margin 1, coordinate_epsilon 1e-6.
//
// NOTE [All triplets] Their number grows with N^3. They are visited a stretch of (a, p) pairs at a time and leave only sums per
// anchor and the gradient with respect to the N x N distances, so memory is O(N^2). First derivatives only.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/distance.h"
#include "kindred/losses/miner.h"
#include "kindred/losses/reducer.h"

namespace kindred {

struct Relation;

struct TripletOptions {
  double margin = 0.2;
  bool soft = false;
  std::string distance = "squared_euclidean";
  bool normalize = true;
  double coordinate_epsilon = 0;
  std::string reduction = "mean";
  MinerOptions miner{};
};
inline void visit_fields(FieldList& v, TripletOptions& o) {
  v("margin", o.margin, "how much farther the negative should be", at_least(0));
  v("soft", o.soft, "stable_softplus(D_ap - D_an) instead of the hinge; no margin");
  v("distance", o.distance, "measure between rows; similarities are turned: 1 - cosine, -dot", distance_names());
  v("normalize", o.normalize, "bring the rows to unit length first");
  v("coordinate_epsilon", o.coordinate_epsilon,
    "added to each coordinate difference of given triplets (torch: 1e-6); not used with mining");
  v("reduction", o.reduction, "how the triplets become the loss", reduction_names());
  v.group("miner", o.miner);
}

// Triplets among the rows of x [N, D]. None: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor triplet(const at::Tensor& x, const Relation& relation, const TripletOptions& options = {},
                   uint64_t seed = 0);
at::Tensor triplet(const at::Tensor& x, const at::Tensor& labels, const TripletOptions& options = {},
                   uint64_t seed = 0);
// Row i of each, [N, D]. No mining.
at::Tensor triplet_rows(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& negative,
                        const TripletOptions& options = {});

}  // namespace kindred
