// SPDX-License-Identifier: Apache-2.0
// Rows of unit length, and the gradient through them: z = x / |x|, dx = (g - z <z, g>) / |x|.
//
// A row shorter than `zero` becomes a row of zeros with inverse 0, so that its gradient is 0. Rows whose squares would leave
// T's range go through double. Sums are taken in T, in vectors.
#pragma once

#include <cstdint>

namespace kindred {

// x: [n, dims] with a stride; z: [n, dims] with a stride >= padded_dims(dims) (pair_tile.h), whose rest is set to 0;
// inverse: [n], 1 / |x| or 0.
void unit_rows(const float* x, int64_t stride, int64_t n, int64_t dims, double zero, float* z, int64_t z_stride,
               float* inverse);
void unit_rows(const double* x, int64_t stride, int64_t n, int64_t dims, double zero, double* z, int64_t z_stride,
               double* inverse);

// dx: [n, dims] with a stride; overwritten.
void unit_rows_back(const float* z, int64_t z_stride, const float* inverse, const float* g, int64_t g_stride, int64_t n,
                    int64_t dims, float* dx, int64_t stride);
void unit_rows_back(const double* z, int64_t z_stride, const double* inverse, const double* g, int64_t g_stride,
                    int64_t n, int64_t dims, double* dx, int64_t stride);

}  // namespace kindred
