// SPDX-License-Identifier: Apache-2.0
// A dot product and a scaled sum of rows, in T.
#pragma once

#include <cstdint>

namespace kindred {

float row_dot(const float* a, const float* b, int64_t dims);
double row_dot(const double* a, const double* b, int64_t dims);

// to += factor * x. The rows do not overlap.
void add_scaled_row(float factor, const float* x, int64_t dims, float* to);
void add_scaled_row(double factor, const double* x, int64_t dims, double* to);

}  // namespace kindred
