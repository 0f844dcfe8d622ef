// SPDX-License-Identifier: Apache-2.0
// Sums and sums of squares down the columns, of x less a shift, in T: for a few hundred rows at a time.
#pragma once

#include <cstdint>

namespace kindred {

// sum[k] = sum_i (x_ik - shift[k]), square[k] = sum_i (x_ik - shift[k])^2 over rows x dims numbers; both overwritten.
void column_moments(const float* x, int64_t stride, int64_t rows, int64_t dims, const float* shift, float* sum,
                    float* square);
void column_moments(const double* x, int64_t stride, int64_t rows, int64_t dims, const double* shift, double* sum,
                    double* square);

}  // namespace kindred
