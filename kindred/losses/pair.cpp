// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/pair.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

at::Tensor distances(const at::Tensor& a, const at::Tensor& b, const PairOptions& options) {
  if (options.form == "chopra") return (a - b).abs().sum(1);
  const Distance measure = distance_named(options.distance);
  return farness(measure, rowwise(measure, a, b));
}

at::Tensor positive_terms(const at::Tensor& d, const PairOptions& o) {
  if (o.form == "linear") return (d - o.positive_margin).clamp_min(0);
  return d.square() * (o.form == "chopra" ? 2 / o.energy_bound : 0.5);
}

at::Tensor negative_terms(const at::Tensor& d, const PairOptions& o) {
  if (o.form == "chopra") return 2 * o.energy_bound * (d * (-2.77 / o.energy_bound)).exp();
  const at::Tensor hinge = (o.margin - d).clamp_min(0);
  return o.form == "linear" ? hinge : 0.5 * hinge.square();
}

at::Tensor prepared(const at::Tensor& x, const char* name, const PairOptions& options) {
  const at::Tensor rows = checked_rows(x, "pair", name);
  return options.normalize ? normalized(rows) : rows;
}

// Row i of a with row i of b for each kind of pair.
at::Tensor from_pairs(const at::Tensor& a, const at::Tensor& b, const MinedPairs& pairs, const PairOptions& options) {
  const auto terms = [&](const Pairs& p, auto form) {
    return form(distances(a.index_select(0, p.anchor), b.index_select(0, p.other), options), options);
  };
  return reduce_pairs(reduction_named(options.reduction),
                      {terms(pairs.positive, positive_terms), pairs.positive.anchor,
                       terms(pairs.negative, negative_terms), pairs.negative.anchor},
                      a.size(0), options.apart);
}

}  // namespace

at::Tensor pair(const at::Tensor& x, const Relation& relation, const PairOptions& options, uint64_t seed) {
  check_options(options, "pair");
  const at::Tensor rows = prepared(x, "x", options);
  check_relation(relation, rows, "pair");
  const Distance measure = distance_named(options.distance);
  const at::Tensor anchors = anchors_of(rows, relation);
  const at::Tensor far = farness(measure, pairwise(measure, anchors.detach(), rows.detach()));
  return from_pairs(anchors, rows, mine_pairs(rows, far, relation, options.miner, seed), options);
}

at::Tensor pair_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& similar, const PairOptions& options) {
  check_options(options, "pair");
  const at::Tensor first = prepared(a, "a", options), second = prepared(b, "b", options);
  check_alike(first, second, "pair", "a", "b");
  const at::Tensor alike = checked_similar(similar, first.size(0), "pair");
  const at::Tensor positive = alike.nonzero().flatten(), negative = alike.logical_not().nonzero().flatten();
  return from_pairs(first, second, {{positive, positive}, {negative, negative}}, options);
}

}  // namespace kindred
