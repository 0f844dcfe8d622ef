// SPDX-License-Identifier: Apache-2.0
// NT-Xent:  L = 1/2n sum_i ( logsumexp_{a != i} s_ia / t  -  s_ip(i) / t ),  s = cosine, over the 2n rows of two views.
// Source: Chen et al. 2020, SimCLR, arXiv:2002.05709 eq. 1 and algorithm 1 (mean over 2n; the authors' TensorFlow code
// sums two means over n and is twice this: reduction = "sum_of_views").
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct Relation;

struct NtXentOptions {
  double temperature = 0.5;  // t > 0; the paper uses 0.1 on ImageNet, 0.5 on CIFAR-10
  std::string reduction = "mean";
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, NtXentOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("reduction", o.reduction,
    "mean over the 2B rows (paper), or sum_of_views: the sum of the two views' means (SimCLR code)",
    {"mean", "sum_of_views"});
  implementation_field(v, o.impl);
}

// z1, z2: [B, D] floating point, same shape, dtype and device; row i of both is one instance. Rows are normalised here;
// a zero row stays zero and gets zero gradient. B = 1 gives 0 (no negatives). Returns a scalar. Throws InvalidArgument.
at::Tensor nt_xent(const at::Tensor& z1, const at::Tensor& z2, const NtXentOptions& options = {});

// ids: [B] int64; rows of one id are no negatives of each other. Undefined: all instances differ.
at::Tensor nt_xent(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, const NtXentOptions& options);

// Any number of positives, as pytorch-metric-learning counts them: one term for each ordered positive pair, with that
// positive and the anchor's negatives below the line, the mean over pairs. x: [N, D]. No positive pair: 0.
at::Tensor nt_xent_pairs(const at::Tensor& x, const Relation& relation, const NtXentOptions& options = {});

// The value when all rows are alike: ln(2B - 1). A loss that stays there has learnt nothing or has collapsed.
double nt_xent_uniform_value(int64_t batch);

}  // namespace kindred
