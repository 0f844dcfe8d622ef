// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/cosine_embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>

#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor cosine_embedding_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& similar,
                                 const CosineEmbeddingOptions& options) {
  check_options(options, "cosine_embedding");
  const at::Tensor first = checked_rows(a, "cosine_embedding", "a"), second = checked_rows(b, "cosine_embedding", "b");
  check_alike(first, second, "cosine_embedding", "a", "b");
  const at::Tensor alike = checked_similar(similar, first.size(0), "cosine_embedding");
  const at::Tensor cosine = rowwise(Distance::kCosine, first, second);
  const at::Tensor terms = at::where(alike, 1 - cosine, (cosine - options.margin).clamp_min(0));
  return reduce(reduction_named(options.reduction), terms, counting(first.size(0), first), first.size(0));
}

at::Tensor cosine_embedding(const at::Tensor& x, const Relation& relation, const CosineEmbeddingOptions& options,
                            uint64_t seed) {
  check_options(options, "cosine_embedding");
  const at::Tensor rows = checked_rows(x, "cosine_embedding", "x");
  check_relation(relation, rows, "cosine_embedding");
  const at::Tensor cosine = pairwise(Distance::kCosine, anchors_of(rows, relation), rows);
  const MinedPairs pairs = mine_pairs(rows, 1 - cosine, relation, options.miner, seed);
  const int64_t n = cosine.size(1);
  const auto at_pairs = [&](const Pairs& p) { return cosine.flatten().index_select(0, p.anchor * n + p.other); };
  return reduce_pairs(reduction_named(options.reduction),
                      {1 - at_pairs(pairs.positive), pairs.positive.anchor,
                       (at_pairs(pairs.negative) - options.margin).clamp_min(0), pairs.negative.anchor},
                      cosine.size(0), /*apart=*/false);
}

}  // namespace kindred
