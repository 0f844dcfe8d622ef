// SPDX-License-Identifier: Apache-2.0
// InfoNCE over the nearest negatives only: of each query's n - 1 negatives the upper share stays in the sum.
//   softmax:  L = mean_i ( logsumexp over {positive, kept negatives} - l_ii ),   l = s / t
//   simple:   L = mean_i ( -s_ii + lambda sum_{kept} s_ij )     (no temperature, no hardness)
// Source: Wang & Liu 2021, arXiv:2012.09740 eq. 2 (simple), 8 (hard); hard-simple is simple with share < 1.
// The authors keep the 4095 nearest of the data set. share = 1 is info_nce.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct HardContrastiveOptions {
  double temperature = 0.3;
  double share = 0.0819;  // CIFAR-10 in the paper: 4095 of 50 000
  int64_t count = 0;      // > 0: this many negatives instead of a share
  std::string form = "softmax";
  double lambda = 1.0;
  std::string ties = "all";
};
inline void visit_fields(FieldList& v, HardContrastiveOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("share", o.share, "share of the negatives that is kept, rounded up", Range{.low = 0, .high = 1, .low_open = true});
  v("count", o.count, "number of negatives that is kept; 0: by share", at_least(0));
  v("form", o.form, "softmax, or simple: the negatives' cosines are summed", {"softmax", "simple"});
  v("lambda", o.lambda, "weight of the negatives of simple", at_least(0));
  v("ties", o.ties, "negatives as near as the last one kept: keep all, or those of lowest_index",
    {"all", "lowest_index"});
}

// query, key: [B, D], row i of both is a positive pair, the other keys are negatives; rows are normalised here.
// ids: [B] int64 or undefined; keys of the query's id are no negatives. No negatives: softmax gives 0, simple -s.
at::Tensor hard_contrastive(const at::Tensor& query, const at::Tensor& key, const HardContrastiveOptions& options = {});
at::Tensor hard_contrastive(const at::Tensor& query, const at::Tensor& key, const at::Tensor& ids,
                            const HardContrastiveOptions& options);

}  // namespace kindred
