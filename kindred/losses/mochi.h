// SPDX-License-Identifier: Apache-2.0
// MoCHi: the queue's negatives plus synthetic ones, mixed for each query from its hardest,
//   h = unit(a n_i + (1 - a) n_j), a ~ U(0, 1);    h' = unit(b q + (1 - b) n_j), b ~ U(0, 0.5);   n_i, n_j among the N hardest,
// all below the line of one-way InfoNCE. No gradient flows through h and h'.
// Source: Kalantidis et al. 2020, arXiv:2010.01028 eq. 2 to 5.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct InfoNceInputs;

struct MochiOptions {
  double temperature = 0.2;
  int64_t hardest = 1024;     // N; fewer where the queue is smaller
  int64_t mixed = 1024;       // s: mixtures of two negatives
  int64_t mixed_query = 128;  // s': mixtures of the query and a negative
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, MochiOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("hardest", o.hardest, "how many of the queue's nearest rows are mixed", at_least(1));
  v("mixed", o.mixed, "mixtures of two negatives for each query", at_least(0));
  v("mixed_query", o.mixed_query, "mixtures of the query and a negative for each query", at_least(0));
  implementation_field(v, o.impl);
}

// query, key: [B, D]; queue: [K, D], no gradient. Rows are normalised here. seed names the draws: query i draws from its own
// stream. Throws InvalidArgument, NonFinite.
at::Tensor mochi(const at::Tensor& query, const at::Tensor& key, const at::Tensor& queue, uint64_t seed,
                 const MochiOptions& options = {});
// The same with ids and queue_ids, either undefined: rows of the queue that are of the query's id are neither negatives nor
// mixed. Throws InvalidArgument where a query has no other row.
at::Tensor mochi(const InfoNceInputs& inputs, uint64_t seed, const MochiOptions& options);

// The synthetic negatives, [B, mixed + mixed_query, D] unit rows, those of two negatives first. usable: [B, K] bool, which
// rows of the queue may be mixed for each query; undefined: all.
at::Tensor mochi_negatives(const at::Tensor& query, const at::Tensor& queue, uint64_t seed, const MochiOptions& options,
                           const at::Tensor& usable);
at::Tensor mochi_negatives(const at::Tensor& query, const at::Tensor& queue, uint64_t seed,
                           const MochiOptions& options);

// unit(weight a + (1 - weight) b) row by row; weight: [N].
at::Tensor mixed_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight);

}  // namespace kindred
