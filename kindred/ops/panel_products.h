// SPDX-License-Identifier: Apache-2.0
// Matrix products out of the pair kernels' tiles: the same bits for any number of threads and with any BLAS. No autograd.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// a^T b. a: [N, D], b: [N, E], float32 or float64 on a CPU. Returns [D, E].
at::Tensor column_products(const at::Tensor& a, const at::Tensor& b);
// a^T a, symmetric: the tiles above the diagonal only, mirrored.
at::Tensor column_products(const at::Tensor& a);

// out += a b^T. a: [N, K], b: [D, K], out: [N, D] contiguous.
void add_row_products(const at::Tensor& a, const at::Tensor& b, at::Tensor& out);
// out += a b. a: [N, K], b: [K, D], out: [N, D] contiguous.
void add_products(const at::Tensor& a, const at::Tensor& b, at::Tensor& out);

}  // namespace kindred
