// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/sup_con.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

// [N] loss of each anchor; meaningless where it has no positive.
at::Tensor anchor_terms(const at::Tensor& logits, const Relation& relation, bool inside) {
  const at::Tensor below = masked_logsumexp(logits, relation.positive | relation.negative);
  const at::Tensor count = relation.positive.sum(1).clamp_min(1).to(logits.scalar_type());
  if (inside) return below - masked_logsumexp(logits, relation.positive) + count.log();
  return below - at::where(relation.positive, logits, at::zeros_like(logits)).sum(1) / count;
}

}  // namespace

at::Tensor sup_con(const at::Tensor& x, const Relation& relation, const SupConOptions& options) {
  check_options(options, "sup_con");
  const at::Tensor rows = checked_rows(x, "sup_con", "x");
  check_relation(relation, rows, "sup_con");
  const at::Tensor z = normalized(rows);
  const at::Tensor terms = anchor_terms(z.mm(z.t()) / options.temperature, relation, options.variant == "in");
  const at::Tensor valid = relation.positive.any(1);
  at::Tensor loss = mean_where(terms, valid);
  if (options.count_empty) loss = loss * valid.sum().to(loss.scalar_type()) / static_cast<double>(rows.size(0));
  return options.base_temperature > 0 ? loss * (options.temperature / options.base_temperature) : loss;
}

at::Tensor sup_con(const at::Tensor& x, const at::Tensor& labels, const SupConOptions& options) {
  return sup_con(x, relation_by_label(labels, {}), options);
}

}  // namespace kindred
