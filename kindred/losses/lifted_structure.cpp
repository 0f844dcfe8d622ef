// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/lifted_structure.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/constant_pad_nd.h>

#include <limits>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor lifted_structure(const at::Tensor& x, const Relation& relation, const LiftedStructureOptions& options) {
  check_options(options, "lifted_structure");
  at::Tensor rows = checked_rows(x, "lifted_structure", "x");
  check_relation(relation, rows, "lifted_structure");
  if (options.normalize) rows = normalized(rows);
  const Distance measure = distance_named(options.distance);
  const at::Tensor d = farness(measure, pairwise(measure, anchors_of(rows, relation), rows));
  const int64_t n = d.size(1);
  at::Tensor push = masked_logsumexp(options.margin - d, relation.negative);  // [A]
  // A reference has no negatives of its own: those of the anchor push alone.
  if (d.size(0) < n) push = at::constant_pad_nd(push, {0, n - d.size(0)}, -std::numeric_limits<double>::infinity());
  const auto pairs = relation.positive.triu(1).nonzero().unbind(1);
  const at::Tensor i = pairs[0], j = pairs[1];
  const at::Tensor together = log_add(push.index_select(0, i), push.index_select(0, j));
  // -inf (no negatives) becomes a finite number far below the hinge, or d - inf would be NaN behind it.
  const at::Tensor lifted = d.flatten().index_select(0, i * n + j) + together.clamp_min(-1e30);
  return reduce(reduction_named(options.reduction), 0.5 * lifted.clamp_min(0).square(), i, d.size(0));
}

at::Tensor lifted_structure(const at::Tensor& x, const at::Tensor& labels, const LiftedStructureOptions& options) {
  return lifted_structure(x, relation_by_label(labels, {}), options);
}

}  // namespace kindred
