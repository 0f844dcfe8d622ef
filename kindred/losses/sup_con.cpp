// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/sup_con.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/group_products.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {
namespace {

// [N] loss of each anchor; meaningless where it has no positive.
at::Tensor anchor_terms(const at::Tensor& logits, const Relation& relation, bool inside) {
  const at::Tensor below = masked_logsumexp(logits, relation.positive | relation.negative);
  const at::Tensor count = relation.positive.sum(1).clamp_min(1).to(logits.scalar_type());
  if (inside) return below - masked_logsumexp(logits, relation.positive) + count.log();
  return below - at::where(relation.positive, logits, at::zeros_like(logits)).sum(1) / count;
}

at::Tensor mean_of_anchors(const at::Tensor& terms, const at::Tensor& valid, const SupConOptions& options) {
  at::Tensor loss = mean_where(terms, valid);
  if (options.count_empty) loss = loss * valid.sum().to(loss.scalar_type()) / static_cast<double>(terms.size(0));
  return options.base_temperature > 0 ? loss * (options.temperature / options.base_temperature) : loss;
}

}  // namespace

at::Tensor sup_con(const at::Tensor& x, const Relation& relation, const SupConOptions& options) {
  check_options(options, "sup_con");
  const at::Tensor rows = checked_rows(x, "sup_con", "x");
  check_relation(relation, rows, "sup_con");
  choose_implementation(options.impl, rows, "a relation that is no division into groups", "sup_con");
  const at::Tensor z = normalized(rows);
  const at::Tensor logits = anchors_of(z, relation).mm(z.t()) / options.temperature;
  const at::Tensor terms = anchor_terms(logits, relation, options.variant == "in");
  return mean_of_anchors(terms, relation.positive.any(1), options);
}

at::Tensor sup_con_groups(const at::Tensor& x, const at::Tensor& groups, const SupConOptions& options) {
  check_options(options, "sup_con");
  const at::Tensor rows = checked_rows(x, "sup_con", "x"),
                   codes = checked_index(groups, rows.size(0), "sup_con", "groups");
  check(codes.min().item<int64_t>() >= 0, "sup_con: expected groups >= 0, got ", codes.min().item<int64_t>());
  const Implementation by = choose_implementation(options.impl, rows, nullptr, "sup_con");
  const at::Tensor z = unit_rows({rows}, by);
  const PairScale scale = cosine_scale(1 / options.temperature);
  const at::Tensor positives = at::bincount(codes).index_select(0, codes) - 1;  // [N]
  const at::Tensor count = positives.clamp_min(1).to(z.scalar_type()), below = self_logsumexp(z, scale, {}, by);
  at::Tensor terms;
  if (options.variant == "in")
    terms = below - self_logsumexp(z, scale, {PairKeep::kSame, codes, codes, {}}, by) + count.log();
  else terms = below - group_products(z, codes, by) * scale.scale / count;
  return mean_of_anchors(terms, positives > 0, options);
}

at::Tensor sup_con(const at::Tensor& x, const at::Tensor& labels, const SupConOptions& options) {
  return sup_con_groups(x, groups_by_label(labels, {}), options);
}

at::Tensor sup_con(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& ids, const SupConOptions& options) {
  const at::Tensor groups = groups_by_label(labels, ids);
  return groups.defined() ? sup_con_groups(x, groups, options) : sup_con(x, relation_by_label(labels, ids), options);
}

}  // namespace kindred
