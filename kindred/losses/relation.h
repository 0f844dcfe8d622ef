// SPDX-License-Identifier: Apache-2.0
// Who is positive and who is negative to whom: from instance ids, class labels, or scores.
//
// The internal form is a pair of masks and not class ids, because nearness of scores is not transitive.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string_view>

#include "kindred/core/fields.h"
#include "kindred/data/sample.h"  // kNoLabel

namespace kindred {

struct LossInputs;

// [N, N] bool each, symmetric, false on the diagonal, never both true. Neither: the pair is ignored. With references it is
// [A, N]: the first A rows are the anchors, those behind them are what anchors are held against.
struct Relation {
  at::Tensor positive, negative;
};

struct RelationOptions {
  double max_delta = 0;            // scores at most this far apart are positives
  double min_negative_delta = -1;  // scores farther apart than this are negatives; below 0: max_delta (no dead zone)
  double period = 0;               // scores are angles that wrap here; 0: they do not wrap
  bool ignore_unlabelled = false;  // pairs with an unlabelled row are ignored instead of negatives
};
inline void visit_fields(FieldList& v, RelationOptions& o) {
  v("max_delta", o.max_delta, "scores at most this far apart are positives", at_least(0));
  v("min_negative_delta", o.min_negative_delta,
    "scores farther apart than this are negatives, those between are ignored; -1: max_delta", at_least(-1));
  v("period", o.period, "scores wrap around here (360 for degrees); 0: they do not", at_least(0));
  v("ignore_unlabelled", o.ignore_unlabelled,
    "ignore pairs with an unlabelled row instead of taking them as negatives");
}

// A label of kNoLabel makes a row unlabelled: like no other row but those of its id.
// ids may be undefined in the first and last: rows of one id are positives whatever their labels or scores.
// Throws InvalidArgument (shapes, types).
Relation relation_by_label(const at::Tensor& labels, const at::Tensor& ids, const RelationOptions& options = {});
Relation relation_by_id(const at::Tensor& ids);
// scores: [N], or [N, S] compared by Euclidean distance. A row with a NaN is unlabelled.
Relation relation_by_score(const at::Tensor& scores, const at::Tensor& ids, const RelationOptions& options = {});

// The same without masks, where positives are those of one group and negatives all others: [N] int64 codes from 0. Undefined
// where it is no such relation (scores; ignored pairs; an id with several labels). O(N log N).
at::Tensor groups_by_label(const at::Tensor& labels, const at::Tensor& ids, const RelationOptions& options = {});

// The rows of x that are anchors: as many of the first as the masks have rows.
at::Tensor anchors_of(const at::Tensor& x, const Relation& relation);

// Throws InvalidArgument unless both masks are [n, n] bool (or [A, n], A < n) on x's device.
void check_relation(const Relation& relation, const at::Tensor& x, std::string_view who);

struct RelatedRows {
  at::Tensor x;  // [V N, D]: all views below one another; references behind them
  Relation relation;
};
struct GroupedRows {
  at::Tensor x, groups;
};
// From labels if given, else scores if given, else ids; without any of them each instance is its own id. Rows of one id
// are positives in each case; without ids the views of one row count as one id. References need labels.
RelatedRows related_rows(const LossInputs& inputs, const RelationOptions& options, std::string_view who);
// The same by groups; none where that cannot say it.
std::optional<GroupedRows> grouped_rows(const LossInputs& inputs, const RelationOptions& options, std::string_view who);

}  // namespace kindred
