// SPDX-License-Identifier: Apache-2.0
// Matrix products out of the pair kernels' blocks: the same bits for any number of threads and with any BLAS. No autograd.
// What the losses do to the factors before and to the product after is done while packing and while writing out, so that each
// matrix passes through memory once.
#pragma once

#include <ATen/core/Tensor.h>

namespace kindred {

// x diag(scale) + shift in every row. x: [N, D] float32 or float64 on a CPU; scale, shift: [D] of any float type.
struct ScaledColumns {
  at::Tensor x, scale, shift;
};

// P = factor a^T b, apart: P without its diagonal (0 there) and in x's type, the rest [D] double.
struct ColumnProducts {
  at::Tensor off;  // [D, D]
  at::Tensor diagonal;
  at::Tensor row_squares, column_squares;  // sums of squares over the rows and columns of off
};
ColumnProducts column_products(const ScaledColumns& a, const ScaledColumns& b, double factor);
// Of a with itself, symmetric: what is above the diagonal, mirrored.
ColumnProducts column_products(const ScaledColumns& a, double factor);

// The matrix factor off + diag(diagonal), or its transpose. off: [D, D], its own diagonal does not count; diagonal: [D].
struct Mixing {
  at::Tensor off;
  double factor;
  at::Tensor diagonal;
  bool transposed;
};
// (x - less) diag(factors) + constants in every row. less: undefined for none.
struct Addend {
  at::Tensor x, less, factors, constants;
};
// a M diag(by) + plus. Returns [N, D].
at::Tensor mixed_columns(const ScaledColumns& a, const Mixing& mixing, const at::Tensor& by, const Addend& plus);

// Means and sums of squared differences from them, of each column of x [N, D]: [D] double each. One pass.
struct ColumnMoments {
  at::Tensor mean, squares;
};
ColumnMoments column_moments_of(const at::Tensor& x);

}  // namespace kindred
