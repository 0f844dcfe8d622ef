// SPDX-License-Identifier: Apache-2.0
// Non-parametric instance discrimination by noise-contrastive estimation against a memory bank,
//   P(i|v) = e^{v_i.f / t} / Z,   h = P / (P + m / n),   L = -1/B sum_b [ ln h(own) + sum_m ln(1 - h(drawn)) ].
// Source: Wu et al. 2018, arXiv:1805.01978 eq. 4 to 7; Z is a constant set from the first batch (its owner keeps it with the
// checkpoint), m / n gets 1e-7 added below the line as in the authors' code, which CMC's follows.
#pragma once

#include <cstdint>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct NceMemoryBankOptions {
  double temperature = 0.07;
  int64_t negatives = 4096;  // m
  double z = 0;              // Z; 0: from this batch
  double epsilon = 1e-7;
  bool draw_own = true;
};
inline void visit_fields(FieldList& v, NceMemoryBankOptions& o) {
  v("temperature", o.temperature, "temperature of the exponentials", above(0));
  v("negatives", o.negatives, "rows of the bank drawn for each query, with replacement", at_least(1));
  v("z", o.z, "the constant Z; 0: n times the mean exponential of this batch", at_least(0));
  v("epsilon", o.epsilon, "added to m / n below the line", at_least(0));
  v("draw_own", o.draw_own,
    "a draw may hit the query's own row, as in the authors' code; false: it is drawn from the others");
}

// features: [B, D] with gradient; bank: [n, D], none; index: [B] int64, the bank row of each. Rows are normalised here.
// seed names the draws; a draw may hit the own row (rate m / n) unless draw_own is false. Throws InvalidArgument, NonFinite.
at::Tensor nce_memory_bank(const at::Tensor& features, const at::Tensor& bank, const at::Tensor& index, uint64_t seed,
                           const NceMemoryBankOptions& options = {});

// The bank rows that the loss looks at, [B, 1 + m] int64: the own one, then those drawn. n: rows of the bank.
at::Tensor nce_bank_places(const at::Tensor& index, int64_t n, uint64_t seed, const NceMemoryBankOptions& options);

// ln e^{v.f/t} of the own row and of the drawn ones, [B, 1 + m]: what the loss above is made of.
at::Tensor nce_bank_logits(const at::Tensor& features, const at::Tensor& bank, const at::Tensor& index, uint64_t seed,
                           const NceMemoryBankOptions& options);

// The same from ln P, [B, 1 + m], the own row first. n_data: n.
at::Tensor nce_from_log_probabilities(const at::Tensor& log_p, int64_t n_data, double epsilon = 1e-7);

// [B, m] int64 rows of a bank of n, query i from its own stream.
at::Tensor nce_draw(int64_t batch, int64_t count, int64_t n, uint64_t seed);

// Z of a batch of ln e^{v.f/t} [B, 1 + m]: n times their mean exponential. Returned as ln Z.
double nce_log_z(const at::Tensor& logits, int64_t n_data);

}  // namespace kindred
