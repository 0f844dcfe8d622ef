// SPDX-License-Identifier: Apache-2.0
// InfoNCE:  L = 1/n sum_i ( logsumexp_j s(q_i, k_j)/t  -  s(q_i, k_i)/t ),  the positive among the terms, s = cosine.
// Source: van den Oord et al. 2018, arXiv:1807.03748 eq. 4 (one way); Radford et al. 2021, CLIP, arXiv:2103.00020
// figure 3 (symmetric, learned scale); He et al. 2020, MoCo, arXiv:1911.05722 eq. 1 (queue).
// Departs from CPC: a cosine critic with a temperature where CPC has a bilinear one without.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "kindred/core/fields.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct InfoNceOptions {
  double temperature = 0.1;  // MoCo v1 0.07, v2 0.2; CLIP learns it from 0.07
  std::string direction = "one_way";
  bool in_batch = false;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, InfoNceOptions& o) {
  v("temperature", o.temperature, "softmax temperature; a logit_scale among the inputs takes its place", above(0));
  v("direction", o.direction,
    "one_way: queries against keys; symmetric: half the sum of both ways (CLIP); sum: the sum (CMC)",
    {"one_way", "symmetric", "sum"});
  v("in_batch", o.in_batch, "with a queue or negatives: the other keys of the batch are negatives too");
  implementation_field(v, o.impl);
}

struct InfoNceInputs {
  at::Tensor query{}, key{};  // [B, D]; row i of both is a positive pair
  at::Tensor queue{};         // [K, D] negatives of every query; no gradient. May be undefined
  at::Tensor negatives{};     // [B, M, D] negatives of each query alone. May be undefined
  at::Tensor ids{};           // [B] int64: keys of the query's id are no negatives. May be undefined
  at::Tensor queue_ids{};     // [K] int64. May be undefined
  at::Tensor logit_scale{};   // scalar, ln(1 / t), takes the place of temperature; gradient flows. May be undefined
};

// Rows are normalised here; zero rows get zero gradient. Returns a scalar. B = 1 without queue: 0.
// Without queue and negatives the other keys of the batch are the negatives; with them only with in_batch.
// Throws InvalidArgument (shapes; both ways with a queue or negatives), NonFinite.
at::Tensor info_nce(const InfoNceInputs& inputs, const InfoNceOptions& options);
at::Tensor info_nce(const at::Tensor& query, const at::Tensor& key, const InfoNceOptions& options = {});
at::Tensor info_nce_queue(const at::Tensor& query, const at::Tensor& key, const at::Tensor& queue,
                          const InfoNceOptions& options = {});
// negatives: [B, M, D], or [M, D] shared by all queries (with gradient, unlike a queue).
at::Tensor info_nce_negatives(const at::Tensor& query, const at::Tensor& key, const at::Tensor& negatives,
                              const InfoNceOptions& options = {});

// The terms below the line for each query: B, K + 1, M + 1, ... The loss of equal rows is its logarithm.
int64_t info_nce_terms(const InfoNceInputs& inputs, const InfoNceOptions& options);

}  // namespace kindred
