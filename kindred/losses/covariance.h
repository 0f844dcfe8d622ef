// SPDX-License-Identifier: Apache-2.0
// Column statistics that the redundancy losses share.
//
// NOTE [Gram or covariance] The squares of all entries of A^T B (d x d) add up to those of <A A^T, B B^T> (n x n): where d > n
// the smaller product is formed, O(n^2 d) work and no d x d matrix.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// x less the mean of each column. x: [N, D].
at::Tensor centred(const at::Tensor& x);

// sum_{i != j} (a_i . b_j)^2 over columns i of a and j of b, both [N, D]. A scalar.
at::Tensor off_diagonal_square_sum(const at::Tensor& a, const at::Tensor& b);

// Why the fused version cannot be had for rows x, or null.
const char* covariance_refusal(const at::Tensor& x);

}  // namespace kindred
