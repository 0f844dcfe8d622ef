// SPDX-License-Identifier: Apache-2.0
// Circle loss, for each anchor with a positive and a negative:
//   stable_softplus( logsumexp_N g a_n (s - m)  +  logsumexp_P -g a_p (s - 1 + m) ),   a_p = [1 + m - s]+, a_n = [s + m]+ without gradient.
// Source: Sun et al. 2020, arXiv:2002.10857 eq. 6 to 10: m = 0.25, g = 256 (faces). Retrieval in libraries: 0.4, 80.
// Departs: the mean runs over the anchors that have both kinds.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/reducer.h"

namespace kindred {

struct Relation;

struct CircleOptions {
  double margin = 0.25;
  double gamma = 256;
  std::string reduction = "mean";
};
inline void visit_fields(FieldList& v, CircleOptions& o) {
  v("margin", o.margin, "relaxation: positives aim at 1 + margin, negatives at -margin");
  v("gamma", o.gamma, "scale of the logits", above(0));
  v("reduction", o.reduction, "how the anchors become the loss (pytorch-metric-learning: mean_nonzero)",
    reduction_names());
}

// x: [N, D]; rows are normalised here. No such anchor: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor circle(const at::Tensor& x, const Relation& relation, const CircleOptions& options = {});
at::Tensor circle(const at::Tensor& x, const at::Tensor& labels, const CircleOptions& options = {});

}  // namespace kindred
