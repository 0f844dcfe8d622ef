// SPDX-License-Identifier: Apache-2.0
// Alignment and uniformity on the unit sphere:
//   L = align + lambda (uniform(x) + uniform(y)) / 2,  align = mean |x_i - y_i|^alpha,  uniform = ln mean_{i<j} e^{-t |x_i - x_j|^2}.
// Source: Wang & Isola 2020, arXiv:2005.10242 section 4.1: alpha = 2, t = 2. lightly's default t is 1.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct AlignUniformOptions {
  double alpha = 2;
  double t = 2;
  double lambda = 1;
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, AlignUniformOptions& o) {
  v("alpha", o.alpha, "power of the distance of a pair", above(0));
  v("t", o.t, "sharpness of the uniformity kernel", above(0));
  v("lambda", o.lambda, "weight of uniformity", at_least(0));
  implementation_field(v, o.impl);
}

// x, y: [B, D], row i of both is one instance; rows are normalised here. ids: [B] int64 or undefined; pairs of one id do not
// count in uniformity. B = 1: only alignment. Throws InvalidArgument, NonFinite.
at::Tensor align_uniform(const at::Tensor& x, const at::Tensor& y, const AlignUniformOptions& options = {});
at::Tensor align_uniform(const at::Tensor& x, const at::Tensor& y, const at::Tensor& ids,
                         const AlignUniformOptions& options);

at::Tensor alignment(const at::Tensor& x, const at::Tensor& y, double alpha = 2);
// No pairs: 0 with a gradient path.
at::Tensor uniformity(const at::Tensor& x, double t = 2);

}  // namespace kindred
