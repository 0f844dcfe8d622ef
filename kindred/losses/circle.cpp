// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/circle.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor circle(const at::Tensor& x, const Relation& relation, const CircleOptions& options) {
  check_options(options, "circle");
  const at::Tensor rows = checked_rows(x, "circle", "x");
  check_relation(relation, rows, "circle");
  const at::Tensor s = pairwise(Distance::kCosine, anchors_of(rows, relation), rows), fixed = s.detach();
  const double m = options.margin, g = options.gamma;
  const at::Tensor up = (1 + m - fixed).clamp_min(0), down = (fixed + m).clamp_min(0);
  const at::Tensor anchor = (relation.positive.any(1) & relation.negative.any(1)).nonzero().flatten();
  const at::Tensor push = masked_logsumexp(g * down * (s - m), relation.negative).index_select(0, anchor);
  const at::Tensor pull = masked_logsumexp(-g * up * (s - (1 - m)), relation.positive).index_select(0, anchor);
  return reduce(reduction_named(options.reduction), stable_softplus(push + pull), anchor, s.size(0));
}

at::Tensor circle(const at::Tensor& x, const at::Tensor& labels, const CircleOptions& options) {
  return circle(x, relation_by_label(labels, {}), options);
}

}  // namespace kindred
