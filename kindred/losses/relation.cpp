// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/relation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_unique.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/inputs.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

// Rows that count as one instance: the same id, or without ids nobody.
at::Tensor same_instance(const at::Tensor& ids, int64_t n, const at::Tensor& like) {
  if (!ids.defined()) return at::zeros({n, n}, like.options().dtype(at::kBool));
  const at::Tensor index = checked_index(ids, n, "relation", "ids");
  return same(index, index);
}

// near: who is positive among the labelled; far: who is negative; both [N, N]. labelled: [N] bool.
Relation assemble(const at::Tensor& near, const at::Tensor& far, const at::Tensor& labelled, const at::Tensor& instance,
                  const RelationOptions& options) {
  const at::Tensor others = off_diagonal(near.size(0), near);
  const at::Tensor known = labelled.unsqueeze(0) & labelled.unsqueeze(1);
  const at::Tensor positive = ((near & known) | instance) & others;
  const at::Tensor unknown_negative = options.ignore_unlabelled ? at::zeros_like(known) : known.logical_not();
  return {positive, ((far & known) | unknown_negative) & positive.logical_not() & others};
}

// Differences of scores, wrapped where they are angles. [N, N]
at::Tensor score_differences(const at::Tensor& scores, double period) {
  const at::Tensor s = scores.detach().to(at::kDouble).nan_to_num();
  if (s.dim() == 2) return at::cdist(s, s, 2.0, /*compute_mode=*/2);
  const at::Tensor d = (s.unsqueeze(1) - s.unsqueeze(0)).abs();
  if (period <= 0) return d;
  const at::Tensor wrapped = d.remainder(period);
  return at::minimum(wrapped, period - wrapped);
}

at::Tensor repeated(const at::Tensor& x, size_t times) { return at::cat(std::vector<at::Tensor>(times, x)); }

}  // namespace

Relation relation_by_label(const at::Tensor& labels, const at::Tensor& ids, const RelationOptions& options) {
  check(labels.defined(), "relation: expected labels, got none");
  const at::Tensor y = checked_index(labels, labels.size(0), "relation", "labels");
  const at::Tensor near = same(y, y);
  return assemble(near, near.logical_not(), y != kNoLabel, same_instance(ids, y.size(0), y), options);
}

Relation relation_by_id(const at::Tensor& ids) {
  check(ids.defined(), "relation: expected ids, got none");
  const at::Tensor same_id = same_instance(ids, ids.size(0), ids);
  return {same_id & off_diagonal(ids.size(0), ids), same_id.logical_not()};
}

Relation relation_by_score(const at::Tensor& scores, const at::Tensor& ids, const RelationOptions& options) {
  check(scores.defined() && (scores.dim() == 1 || scores.dim() == 2),
        "relation: expected scores of shape [N] or [N, S]");
  check(options.period <= 0 || scores.dim() == 1, "relation: expected scores of shape [N] with period, got ",
        scores.sizes());
  const double from = options.min_negative_delta < 0 ? options.max_delta : options.min_negative_delta;
  check(from >= options.max_delta, "relation: expected min_negative_delta >= max_delta (", options.max_delta, "), got ",
        from);
  const at::Tensor d = score_differences(scores, options.period);
  const at::Tensor bad = scores.detach().isnan();
  const at::Tensor labelled = (bad.dim() == 2 ? bad.any(1) : bad).logical_not();
  return assemble(d <= options.max_delta, d > from, labelled, same_instance(ids, scores.size(0), d), options);
}

at::Tensor anchors_of(const at::Tensor& x, const Relation& relation) {
  const int64_t anchors = relation.positive.size(0);
  return anchors == x.size(0) ? x : x.narrow(0, 0, anchors);
}

void check_relation(const Relation& relation, const at::Tensor& x, std::string_view who) {
  const int64_t n = x.size(0);
  for (const auto* mask : {&relation.positive, &relation.negative}) {
    check(mask->defined() && mask->scalar_type() == at::kBool && mask->dim() == 2 && mask->size(0) <= n &&
              mask->size(1) == n && mask->sizes() == relation.positive.sizes(),
          who, ": expected relation masks of type bool and shape [", n, ", ", n, "], got ",
          mask->defined() ? concat(mask->dtype().name(), " ", mask->sizes()) : "none");
    check(mask->device() == x.device(), who, ": expected relation masks on ", x.device(), ", got ", mask->device());
  }
}

namespace {

// All views below one another, and the ids of their rows.
struct StackedRows {
  at::Tensor x, ids;
  size_t views;
  int64_t n;
};
StackedRows stacked(const LossInputs& inputs, std::string_view who) {
  check(!inputs.views.empty(), who, ": expected at least 1 view, got none");
  std::vector<at::Tensor> views;
  for (const auto& view : inputs.views) {
    views.push_back(checked_rows(view, who, "view"));
    check_alike(views.front(), views.back(), who, "the first view", "view");
  }
  const size_t v = views.size();
  const int64_t n = views.front().size(0);
  const at::Tensor ids = inputs.ids.defined() ? checked_index(inputs.ids, n, who, "ids") : counting(n, views.front());
  return {at::cat(views), repeated(ids, v), v, n};
}

// Anchors against references, [A, M]: as relation_by_label(), but for pairs of one id, which are ignored.
Relation relation_to(const References& references, const at::Tensor& labels, const at::Tensor& ids,
                     const RelationOptions& options, std::string_view who) {
  const int64_t m = references.rows.size(0);
  check(references.labels.defined(), who, ": expected labels of the references, got none");
  const at::Tensor y = checked_index(references.labels, m, who, "labels of the references"), near = same(labels, y);
  const at::Tensor known = (labels != kNoLabel).unsqueeze(1) & (y != kNoLabel).unsqueeze(0);
  const at::Tensor other = references.ids.defined()
                               ? same(ids, checked_index(references.ids, m, who, "ids of the references")).logical_not()
                               : at::ones(near.sizes(), near.options());
  const at::Tensor negative = options.ignore_unlabelled ? near.logical_not() & known : (near & known).logical_not();
  return {near & known & other, negative & other};
}

// The rows of references below, as columns more.
RelatedRows with_references(RelatedRows rows, const at::Tensor& labels, const at::Tensor& ids,
                            const References& references, const RelationOptions& options, std::string_view who) {
  const at::Tensor older = checked_rows(references.rows, who, "references").detach();
  check_same_width(rows.x, older, who, "view", "references");
  const Relation across = relation_to(references, labels, ids, options, who);
  return {
      at::cat({rows.x, older}),
      {at::cat({rows.relation.positive, across.positive}, 1), at::cat({rows.relation.negative, across.negative}, 1)}};
}

}  // namespace

RelatedRows related_rows(const LossInputs& inputs, const RelationOptions& options, std::string_view who) {
  const StackedRows all = stacked(inputs, who);
  if (inputs.labels.defined()) {
    const at::Tensor labels = repeated(checked_index(inputs.labels, all.n, who, "labels"), all.views);
    const RelatedRows rows{all.x, relation_by_label(labels, all.ids, options)};
    if (!inputs.references.rows.defined()) return rows;
    return with_references(rows, labels, all.ids, inputs.references, options, who);
  }
  check(!inputs.references.rows.defined(), who, ": expected labels beside references, got none");
  if (inputs.scores.defined()) {
    check(inputs.scores.dim() >= 1 && inputs.scores.size(0) == all.n, who, ": expected scores for ", all.n,
          " rows, got shape ", inputs.scores.sizes());
    return {all.x, relation_by_score(repeated(inputs.scores, all.views), all.ids, options)};
  }
  return {all.x, relation_by_id(all.ids)};
}

at::Tensor groups_by_label(const at::Tensor& labels, const at::Tensor& ids, const RelationOptions& options) {
  check(labels.defined(), "relation: expected labels, got none");
  const at::Tensor y = checked_index(labels, labels.size(0), "relation", "labels"), unknown = y == kNoLabel;
  if (options.ignore_unlabelled && unknown.any().item<bool>()) return {};
  const auto codes = [](const at::Tensor& x) {
    return std::get<1>(at::_unique(x, /*sorted=*/true, /*return_inverse=*/true));
  };
  const at::Tensor id =
      ids.defined() ? codes(checked_index(ids, y.size(0), "relation", "ids")) : counting(y.size(0), y);
  const at::Tensor label = codes(y);
  if (ids.defined()) {
    // Every row of an id has the label of the id's first row.
    const at::Tensor one = at::zeros_like(label).scatter(0, id, label);
    if (!one.index_select(0, id).equal(label)) return {};
  }
  // The unlabelled come behind the labelled, each id a group.
  return codes(at::where(unknown, id + y.size(0), label));
}

std::optional<GroupedRows> grouped_rows(const LossInputs& inputs, const RelationOptions& options,
                                        std::string_view who) {
  if ((inputs.scores.defined() && !inputs.labels.defined()) || inputs.references.rows.defined()) return std::nullopt;
  const StackedRows all = stacked(inputs, who);
  if (!inputs.labels.defined())
    return GroupedRows{all.x, groups_by_label(all.ids.new_full(all.ids.sizes(), kNoLabel), all.ids)};
  const at::Tensor labels = repeated(checked_index(inputs.labels, all.n, who, "labels"), all.views);
  const at::Tensor groups = groups_by_label(labels, all.ids, options);
  if (!groups.defined()) return std::nullopt;
  return GroupedRows{all.x, groups};
}

}  // namespace kindred
