// SPDX-License-Identifier: Apache-2.0
// The 2B rows of two views against one another: what NT-Xent, debiased, hard-negative and decoupled losses share.
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

namespace kindred {

struct TwoViews {
  at::Tensor logits;    // [2B, 2B] cosine / temperature
  at::Tensor positive;  // [2B] the logit of each row with its other view
  at::Tensor negative;  // [2B, 2B] bool: neither the row itself, nor its other view, nor a row of its id
};

// z1, z2: [B, D]; ids: [B] int64 or undefined (all instances differ). Throws InvalidArgument, NonFinite.
TwoViews two_views(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, double temperature,
                   std::string_view who);

}  // namespace kindred
