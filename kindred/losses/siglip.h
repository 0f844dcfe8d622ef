// SPDX-License-Identifier: Apache-2.0
// SigLIP:  L = 1/n sum_ij stable_softplus( -y_ij (e^{t'} s_ij + b) ),  y = +1 on the diagonal, -1 elsewhere, s = cosine.
// Source: Zhai et al. 2023, arXiv:2303.15343 eq. 1 and algorithm 1: the sum over n^2 pairs is divided by n, not n^2.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct SiglipOptions {
  double temperature = 0.1;  // e^{t'} = 1 / temperature where no logit_scale is given
  double bias = -10;         // b where no bias is given; 0 makes the first step violent
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, SiglipOptions& o) {
  v("temperature", o.temperature, "1 / scale of the cosines; a logit_scale among the inputs takes its place", above(0));
  v("bias", o.bias, "added to every logit; a bias among the inputs takes its place");
  implementation_field(v, o.impl);
}

// a, b: [B, D]; rows are normalised here. logit_scale (ln of the scale), bias: scalars with gradient, or undefined.
// ids: [B] int64 or undefined; pairs of two rows of one id count in no way but as their own positive.
at::Tensor siglip(const at::Tensor& a, const at::Tensor& b, const SiglipOptions& options = {});
at::Tensor siglip(const at::Tensor& a, const at::Tensor& b, const at::Tensor& logit_scale, const at::Tensor& bias,
                  const at::Tensor& ids, const SiglipOptions& options);

}  // namespace kindred
