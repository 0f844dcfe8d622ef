// SPDX-License-Identifier: Apache-2.0
// Multi-similarity:  L = 1/n sum_i [ 1/a log(1 + sum_P e^{-a (s - l)}) + 1/b log(1 + sum_N e^{b (s - l)}) ],  s = cosine.
// Source: Wang et al. 2019, arXiv:1904.06627 eq. 16, with its mining (eq. 7, 8): a = 2, b = 50, l = 1, epsilon = 0.1.
// pytorch-metric-learning: base 0.5 and no mining (miner.kind = "all").
#pragma once

#include <cstdint>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/miner.h"

namespace kindred {

struct Relation;

struct MultiSimilarityOptions {
  double alpha = 2;
  double beta = 50;
  double base = 1.0;
  MinerOptions miner{.kind = "multi_similarity"};
};
inline void visit_fields(FieldList& v, MultiSimilarityOptions& o) {
  v("alpha", o.alpha, "sharpness of the positives", above(0));
  v("beta", o.beta, "sharpness of the negatives", above(0));
  v("base", o.base, "similarity that both are held against");
  v.group("miner", o.miner);
}

// x: [N, D]; rows are normalised here. The mean runs over all N rows; without pairs: 0. Throws InvalidArgument, NonFinite.
at::Tensor multi_similarity(const at::Tensor& x, const Relation& relation, const MultiSimilarityOptions& options = {},
                            uint64_t seed = 0);
at::Tensor multi_similarity(const at::Tensor& x, const at::Tensor& labels, const MultiSimilarityOptions& options = {},
                            uint64_t seed = 0);

}  // namespace kindred
