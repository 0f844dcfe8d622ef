// SPDX-License-Identifier: Apache-2.0
// Contrastive multiview coding over M views: the sum of two-way InfoNCE over pairs of views,
//   core:  sum_{j != c} L(V_c, V_j)       full:  sum_{i < j} L(V_i, V_j),       L = both directions, added.
// Source: Tian et al. 2020, arXiv:1906.05849 section 3.4. The softmax form within the batch; the form with memory banks is
// nce_memory_bank.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct CmcOptions {
  double temperature = 0.07;
  std::string graph = "full";
  int64_t core = 0;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, CmcOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("graph", o.graph, "full: every pair of views; core: the core view with each other", {"full", "core"});
  v("core", o.core, "number of the core view, from 0", at_least(0));
  implementation_field(v, o.impl);
}

// views: two or more of [B, D]; rows are normalised here. ids: [B] int64 or undefined, as in info_nce. B = 1: 0.
at::Tensor cmc(const std::vector<at::Tensor>& views, const CmcOptions& options = {});
at::Tensor cmc(const std::vector<at::Tensor>& views, const at::Tensor& ids, const CmcOptions& options);

}  // namespace kindred
