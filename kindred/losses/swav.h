// SPDX-License-Identifier: Apache-2.0
// SwAV: each view predicts the code of another,  L = mean over pairs (c, v), c != v, of  -1/B sum q_c . log softmax(s_v / t),
// s = scores of unit rows against unit prototypes, q = Sinkhorn codes of e^{s / epsilon}, without gradient.
// Source: Caron et al. 2020, arXiv:2006.09882 eq. 2 to 5 and the authors' code (the mean over pairs, rows that add up to 1).
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct SwavOptions {
  double temperature = 0.1;
  double epsilon = 0.05;
  int64_t iterations = 3;
  int64_t code_views = 2;
};
inline void visit_fields(FieldList& v, SwavOptions& o) {
  v("temperature", o.temperature, "of the predictions", above(0));
  v("epsilon", o.epsilon, "of the codes; smaller is sharper", above(0));
  v("iterations", o.iterations, "rounds of Sinkhorn-Knopp", at_least(1));
  v("code_views", o.code_views, "the first so many views (full crops) make codes", at_least(1));
}

// scores: [B, K] of each view, code views first. queue_scores: [Q, K] or undefined, joins every code view's rows in Sinkhorn only.
// Throws InvalidArgument, NonFinite.
at::Tensor swav_scores(const std::vector<at::Tensor>& scores, const at::Tensor& queue_scores,
                       const SwavOptions& options = {});
// views: [B, D] each; prototypes: [K, D] with gradient; queue: [Q, D] or undefined. Rows and prototypes are normalised here.
at::Tensor swav(const std::vector<at::Tensor>& views, const at::Tensor& prototypes, const at::Tensor& queue,
                const SwavOptions& options = {});

// [B, K] scores -> codes, rows that add up to 1, columns about equally used. In logarithms: no overflow at any epsilon.
at::Tensor sinkhorn(const at::Tensor& scores, double epsilon, int64_t iterations);

}  // namespace kindred
