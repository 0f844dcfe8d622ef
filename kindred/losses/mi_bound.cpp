// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/mi_bound.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>

#include "kindred/losses/rows.h"

namespace kindred {

at::Tensor mi_bound(const InfoNceInputs& inputs, const InfoNceOptions& options) {
  check(options.direction != "sum", "mi_bound: expected direction one_way or symmetric, got sum");
  check(!inputs.ids.defined(), "mi_bound: expected independent negatives, got ids that mask some");
  const at::Tensor loss = info_nce(inputs, options);
  return std::log(static_cast<double>(info_nce_terms(inputs, options))) - loss;
}

at::Tensor mi_bound(const at::Tensor& query, const at::Tensor& key, const InfoNceOptions& options) {
  return mi_bound({.query = query, .key = key}, options);
}

}  // namespace kindred
