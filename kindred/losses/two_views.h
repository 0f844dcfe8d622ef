// SPDX-License-Identifier: Apache-2.0
// The 2B rows of two views against one another: what NT-Xent, debiased, hard-negative and decoupled losses share.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "kindred/ops/pair_logsumexp.h"

namespace kindred {

struct TwoViews {
  at::Tensor z;         // [2B, D] unit rows
  at::Tensor positive;  // [2B] the logit (cosine / temperature) of each row with its other view
  // Negatives of a row: neither the row itself, nor its other view, nor a row of its id.
  PairMask negative;
  double temperature = 1;
  Implementation by = Implementation::kComposite;

  // [2B] log sum over the negatives of e^(factor * logit); -inf where there is none.
  at::Tensor negative_logsumexp(double factor = 1) const;
  at::Tensor negative_count() const;  // [2B] of z's type
};

// z1, z2: [B, D]; ids: [B] int64 or undefined (all instances differ); impl: an `impl` option. Throws InvalidArgument, NonFinite.
TwoViews two_views(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, double temperature,
                   const std::string& impl, std::string_view who);

}  // namespace kindred
