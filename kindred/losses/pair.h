// SPDX-License-Identifier: Apache-2.0
// Pair (contrastive) loss on the distance D of two rows, y = 1 similar:
//   hadsell:  1/2 y D^2 + 1/2 (1 - y) max(0, m - D)^2          linear:  y max(0, D - m+) + (1 - y) max(0, m - D)
//   chopra:   y 2/Q E^2 + (1 - y) 2 Q e^{-2.77 E / Q},  E = |a - b|_1
// Source: Hadsell, Chopra, LeCun 2006 (CVPR), eq. 4, where Y = 0 is similar; Chopra et al. 2005 (CVPR), eq. 8. linear with
// apart and mean_nonzero is pytorch-metric-learning's ContrastiveLoss. An equal pair that should be apart gets gradient 0.
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

struct PairOptions {
  std::string form = "hadsell";
  double margin = 1.0;
  double positive_margin = 0.0;
  std::string distance = "euclidean";
  bool normalize = false;
  double energy_bound = 10;  // Q
  std::string reduction = "mean";
  bool apart = false;
  MinerOptions miner{};
};
inline void visit_fields(FieldList& v, PairOptions& o) {
  v("form", o.form,
    "hadsell: squares and halves; linear: hinges of the distance; chopra: exponential in the L1 distance",
    {"hadsell", "linear", "chopra"});
  v("margin", o.margin, "negatives nearer than this are pushed away (hadsell, linear)");
  v("positive_margin", o.positive_margin, "positives nearer than this are left alone (linear)");
  v("distance", o.distance, "measure between rows (hadsell, linear); similarities are turned: 1 - cosine, -dot",
    distance_names());
  v("normalize", o.normalize, "bring the rows to unit length first");
  v("energy_bound", o.energy_bound, "Q, an upper bound of the L1 distance (chopra)", above(0));
  v("reduction", o.reduction, "how the pairs become the loss", reduction_names());
  v("apart", o.apart, "reduce positives and negatives apart and add the two");
  v.group("miner", o.miner);
}

// Ordered pairs of rows of x [N, D]. No pairs: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor pair(const at::Tensor& x, const Relation& relation, const PairOptions& options = {}, uint64_t seed = 0);
// Row i of a with row i of b, [N, D]; similar: [N], > 0 where they are alike. No mining.
at::Tensor pair_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& similar,
                     const PairOptions& options = {});

}  // namespace kindred
