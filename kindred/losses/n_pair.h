// SPDX-License-Identifier: Apache-2.0
// N-pair:  L = 1/n sum_i log( 1 + sum_{j != i} exp( f_i.f_j+ - f_i.f_i+ ) )  +  l2 / 2n sum |f|^2  over the 2n rows.
// Source: Sohn 2016, "Improved deep metric learning with multi-class N-pair loss objective" (NIPS), eq. 6 and 7: raw rows,
// no temperature. Libraries that normalise the rows by default: normalize = true.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct NPairOptions {
  double l2 = 0.002;  // without it the loss falls to 0 by growing the rows
  bool normalize = false;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, NPairOptions& o) {
  v("l2", o.l2, "weight of the mean squared norm of the rows as they come", at_least(0));
  v("normalize", o.normalize, "bring the rows to unit length before the products");
  implementation_field(v, o.impl);
}

// anchor, positive: [B, D], one pair of each class. ids: [B] int64 or undefined; rows of one id are no negatives.
// B = 1: only the l2 term. Returns a scalar. Throws InvalidArgument, NonFinite.
at::Tensor n_pair(const at::Tensor& anchor, const at::Tensor& positive, const NPairOptions& options = {});
at::Tensor n_pair(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& ids,
                  const NPairOptions& options);

}  // namespace kindred
