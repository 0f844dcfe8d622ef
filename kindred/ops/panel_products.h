// SPDX-License-Identifier: Apache-2.0
// Matrix products out of the pair kernels' tiles: the same bits for any number of threads and with any BLAS. No autograd.
#pragma once

#include <ATen/core/Tensor.h>

namespace kindred {

// a^T b. a: [N, D], b: [N, E], float32 or float64 on a CPU. Returns [D, E].
at::Tensor column_products(const at::Tensor& a, const at::Tensor& b);
// a^T a, symmetric: the tiles above the diagonal only, mirrored.
at::Tensor column_products(const at::Tensor& a);

// a b^T + x diag(factors). a: [N, K], b: [D, K], x: [N, D], factors: [D]. Returns [N, D].
at::Tensor row_products_plus(const at::Tensor& a, const at::Tensor& b, const at::Tensor& x, const at::Tensor& factors);
// a b + x diag(factors). b: [K, D].
at::Tensor products_plus(const at::Tensor& a, const at::Tensor& b, const at::Tensor& x, const at::Tensor& factors);

// Means and sums of squared differences from them, of each column of x [N, D]: [D] double each. One pass.
struct ColumnMoments {
  at::Tensor mean, squares;
};
ColumnMoments column_moments_of(const at::Tensor& x);

}  // namespace kindred
