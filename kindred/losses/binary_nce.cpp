// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/binary_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logistic.h"

namespace kindred {

at::Tensor binary_nce(const at::Tensor& x, const Relation& relation, const BinaryNceOptions& options, uint64_t seed) {
  check_options(options, "binary_nce");
  const at::Tensor rows = checked_rows(x, "binary_nce", "x");
  check_relation(relation, rows, "binary_nce");
  choose_implementation(options.impl, rows,
                        options.miner.kind == "all" ? "a relation that is no division into groups" : "mined pairs",
                        "binary_nce");
  const Distance measure = distance_named(options.similarity);
  const at::Tensor similarity = pairwise(measure, anchors_of(rows, relation), rows);
  const Relation pairs = mine(rows, farness(measure, similarity), relation, options.miner, seed);
  const at::Tensor logits = similarity / options.temperature + options.bias;
  const at::Tensor pull = stable_softplus(-logits), push = stable_softplus(logits);
  if (!options.pooled) return mean_where(pull, pairs.positive) + mean_where(push, pairs.negative);
  return mean_where(at::where(pairs.positive, pull, push), pairs.positive | pairs.negative);
}

at::Tensor binary_nce_groups(const at::Tensor& x, const at::Tensor& groups, const BinaryNceOptions& options) {
  check_options(options, "binary_nce");
  const at::Tensor rows = checked_rows(x, "binary_nce", "x"),
                   codes = checked_index(groups, rows.size(0), "binary_nce", "groups");
  const Implementation by = choose_implementation(options.impl, rows, nullptr, "binary_nce");
  if (by == Implementation::kComposite) {
    const at::Tensor alike = same(codes, codes);
    return binary_nce(rows, {alike & off_diagonal(rows.size(0), rows), alike.logical_not()}, options);
  }
  const at::Tensor z = options.similarity == "cosine" ? unit_rows({rows}, by) : rows;
  const double n = static_cast<double>(rows.size(0)),
               alike = at::bincount(codes).to(at::kDouble).square().sum().item<double>(), positives = alike - n,
               negatives = n * n - alike, both = positives + negatives;
  const auto share = [&](double count) { return 1 / std::max(1.0, options.pooled ? both : count); };
  return self_logistic(
      z, codes,
      {.scale = 1 / options.temperature, .bias = options.bias, .same = share(positives), .different = share(negatives)},
      by);
}

}  // namespace kindred
