// SPDX-License-Identifier: Apache-2.0
// Euclidean distances between all pairs of rows, from the differences: near duplicates keep their digits, and the slope at
// distance 0 is 0.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// a: [N, D], b: [M, D] of one type. Returns [N, M]: |a_i - b_j|, or its square. On a CPU by kernels, the same bits for any
// number of threads and first derivatives only; elsewhere by tensor operations.
at::Tensor pair_distances(const at::Tensor& a, const at::Tensor& b, bool squared);

}  // namespace kindred
