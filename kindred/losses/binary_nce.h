// SPDX-License-Identifier: Apache-2.0
// Logistic loss on pairs:  L = 1/|P| sum_P stable_softplus(-l_ij) + 1/|N| sum_N stable_softplus(l_ij),   l = s / t + b.
// Source: the binary form of noise-contrastive estimation (its optimum is ln q+/q-); NT-Logistic of Chen et al. 2020,
// arXiv:2002.05709 table 2. Pooled averages let the negatives swamp the positives unless b starts near -ln of their ratio.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/miner.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct Relation;

struct BinaryNceOptions {
  double temperature = 0.5;
  double bias = 0;
  std::string similarity = "cosine";
  bool pooled = false;
  MinerOptions miner{};
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, BinaryNceOptions& o) {
  v("temperature", o.temperature, "divides the similarity", above(0));
  v("bias", o.bias, "added to every logit");
  v("similarity", o.similarity, "cosine, or dot of the rows as they are", {"cosine", "dot"});
  v("pooled", o.pooled, "one mean over all pairs instead of positives and negatives apart");
  v.group("miner", o.miner);
  implementation_field(v, o.impl);
}

// Pairs of rows of x [N, D]. A kind of which there are no pairs adds 0. Throws InvalidArgument, NonFinite.
at::Tensor binary_nce(const at::Tensor& x, const Relation& relation, const BinaryNceOptions& options = {},
                      uint64_t seed = 0);
// Positives are those of one group, negatives all others. groups: [N] int64 codes from 0. Has a fused version, without a miner.
at::Tensor binary_nce_groups(const at::Tensor& x, const at::Tensor& groups, const BinaryNceOptions& options = {});

}  // namespace kindred
