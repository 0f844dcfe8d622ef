// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/binary_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>

#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor binary_nce(const at::Tensor& x, const Relation& relation, const BinaryNceOptions& options, uint64_t seed) {
  check_options(options, "binary_nce");
  const at::Tensor rows = checked_rows(x, "binary_nce", "x");
  check_relation(relation, rows, "binary_nce");
  const Distance measure = distance_named(options.similarity);
  const at::Tensor similarity = pairwise(measure, anchors_of(rows, relation), rows);
  const Relation pairs = mine(rows, farness(measure, similarity), relation, options.miner, seed);
  const at::Tensor logits = similarity / options.temperature + options.bias;
  const at::Tensor pull = stable_softplus(-logits), push = stable_softplus(logits);
  if (!options.pooled) return mean_where(pull, pairs.positive) + mean_where(push, pairs.negative);
  return mean_where(at::where(pairs.positive, pull, push), pairs.positive | pairs.negative);
}

}  // namespace kindred
