// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/multi_similarity.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor multi_similarity(const at::Tensor& x, const Relation& relation, const MultiSimilarityOptions& options,
                            uint64_t seed) {
  check_options(options, "multi_similarity");
  const at::Tensor rows = checked_rows(x, "multi_similarity", "x");
  check_relation(relation, rows, "multi_similarity");
  const at::Tensor s = pairwise(Distance::kCosine, anchors_of(rows, relation), rows);
  const Relation pairs = mine(rows, 1 - s, relation, options.miner, seed);
  const at::Tensor excess = s - options.base;
  const at::Tensor pull = stable_softplus(masked_logsumexp(-options.alpha * excess, pairs.positive)) / options.alpha;
  const at::Tensor push = stable_softplus(masked_logsumexp(options.beta * excess, pairs.negative)) / options.beta;
  return (pull + push).mean();
}

at::Tensor multi_similarity(const at::Tensor& x, const at::Tensor& labels, const MultiSimilarityOptions& options,
                            uint64_t seed) {
  return multi_similarity(x, relation_by_label(labels, {}), options, seed);
}

}  // namespace kindred
