// SPDX-License-Identifier: Apache-2.0
// Which pairs and triplets of a batch a metric loss learns from, as typed index lists.
//
// hard: Hermans et al. 2017, arXiv:1703.07737 (batch hard). semi_hard: Schroff et al. 2015, FaceNet, arXiv:1503.03832.
// easy_positive: Xuan et al. 2020, arXiv:1904.04370. distance_weighted: Wu et al. 2017, arXiv:1706.07567 section 4.1.
// multi_similarity: Wang et al. 2019, arXiv:1904.06627 section 3.3.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"

namespace kindred {

struct Relation;

struct Pairs {
  at::Tensor anchor, other;  // [P] int64
};
struct MinedPairs {
  Pairs positive, negative;
};
struct Triplets {
  at::Tensor anchor, positive, negative;  // [T] int64
};

struct MinerOptions {
  std::string kind = "all";
  double margin = 0.2;    // semi_hard_all
  double epsilon = 0.1;   // multi_similarity
  double cutoff = 0.5;    // distance_weighted: distances below count as this
  double farthest = 1.4;  // distance_weighted: negatives beyond are not drawn
};
inline void visit_fields(FieldList& v, MinerOptions& o) {
  v("kind", o.kind,
    "all; hard: farthest positive and nearest negative of each anchor; semi_hard: for each positive the nearest "
    "negative "
    "beyond it, or the farthest; semi_hard_all: every negative within margin beyond the positive; easy_positive: "
    "nearest "
    "positive and nearest negative; distance_weighted: one negative per positive, drawn evenly over distances; "
    "multi_similarity: pairs harder than the easiest of the other kind less epsilon",
    {"all", "hard", "semi_hard", "semi_hard_all", "easy_positive", "distance_weighted", "multi_similarity"});
  v("margin", o.margin, "width of the band of semi_hard_all", at_least(0));
  v("epsilon", o.epsilon, "slack of multi_similarity", at_least(0));
  v("cutoff", o.cutoff, "distance_weighted: distances below this count as this", above(0));
  v("farthest", o.farthest, "distance_weighted: negatives farther than this are not drawn", above(0));
}

// farness: [A, N] (A = N without references), larger is farther; read without gradient. Ties go to the lowest index. distance_weighted looks at
// unit rows of x [N, D] and draws from the stream named by seed. An anchor without a positive or a negative gives no
// triplet. Throws InvalidArgument.
Triplets mine_triplets(const at::Tensor& x, const at::Tensor& farness, const Relation& relation,
                       const MinerOptions& options, uint64_t seed = 0);
// Ordered pairs (a, b), a != b. hard and easy_positive choose positives and negatives of an anchor apart.
MinedPairs mine_pairs(const at::Tensor& x, const at::Tensor& farness, const Relation& relation,
                      const MinerOptions& options, uint64_t seed = 0);
// The same pairs as masks.
Relation mine(const at::Tensor& x, const at::Tensor& farness, const Relation& relation, const MinerOptions& options,
              uint64_t seed = 0);

// True: mine_triplets() is every (a, p, n) of the relation that mine() returns.
bool keeps_all_triplets(const MinerOptions& options);

}  // namespace kindred
