// SPDX-License-Identifier: Apache-2.0
// Squared distances from the differences themselves, so that near duplicates keep their digits, and weighed sums of the
// differences, their gradient. In T.
#pragma once

#include <cstdint>

namespace kindred {

// out[j] = |x - b_j|^2 for count rows b_j, stride apart.
void square_distances(const float* x, const float* b, int64_t stride, int64_t count, int64_t dims, float* out);
void square_distances(const double* x, const double* b, int64_t stride, int64_t count, int64_t dims, double* out);

// out[k] = sum_j weights[j] (x[k] - b_j[k]). A row of weight 0 does not count, whatever is in it.
void weighed_differences(const float* weights, const float* x, const float* b, int64_t stride, int64_t count,
                         int64_t dims, float* out);
void weighed_differences(const double* weights, const double* x, const double* b, int64_t stride, int64_t count,
                         int64_t dims, double* out);

}  // namespace kindred
