// SPDX-License-Identifier: Apache-2.0
// Batch norm with ReLU over rows of channels: the passes over the data of training, forward and backward. Rows lie dims
// numbers apart: [B, C], or a picture batch in channels-last layout, [B H W, C].
//
// Source: Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1 and the gradients of its section 3.
#pragma once

#include <cstdint>

namespace kindred {

// What normalisation makes of column k: y = scale[k] x + shift[k], then max(0, y) where relu is set. All [dims].
template <class T>
struct ColumnNorm {
  const T* scale;  // weight / standard deviation
  const T* shift;  // bias - mean scale
  const T* mean;   // of the column; for the gradients
  bool relu;
};

// y may be x.
void norm_columns(const float* x, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* y);
void norm_columns(const double* x, int64_t rows, int64_t dims, const ColumnNorm<double>& norm, double* y);

// With g the gradient dy, 0 where ReLU cut: sum[k] = sum_i g_ik, product[k] = sum_i g_ik (x_ik - mean[k]); both overwritten.
void norm_back_sums(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* sum,
                    float* product);
void norm_back_sums(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm,
                    double* sum, double* product);

// dx = scale g - level - slope (x - mean), level and slope [dims]. dx may be dy.
void norm_back(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm,
               const float* level, const float* slope, float* dx);
void norm_back(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm,
               const double* level, const double* slope, double* dx);

}  // namespace kindred
