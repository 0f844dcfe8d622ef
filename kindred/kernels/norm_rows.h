// SPDX-License-Identifier: Apache-2.0
// The loops of batch norm with ReLU in training, over rows of channels (positions of channels-last images, or samples): a
// block of rows at a time, dense, float or double.
//
// Sums are in T, over the rows of the call in order; the caller adds up blocks in double. NaN stays NaN, through ReLU too.
#pragma once

#include <cstdint>

namespace kindred {

// mean[k] = the mean of column k, square[k] = sum_i (x_ik - mean[k])^2, in two passes. rows > 0.
void norm_moments(const float* x, int64_t rows, int64_t dims, float* mean, float* square);
void norm_moments(const double* x, int64_t rows, int64_t dims, double* mean, double* square);

// y = (x - mean) scale + bias + added, then negative numbers to 0 where relu is set. added: rows x dims, or null for 0.
template <class T>
struct NormForward {
  const T *x, *added, *mean, *scale, *bias;
  bool relu;
  T* y;
};
void norm_forward(const NormForward<float>& a, int64_t rows, int64_t dims);
void norm_forward(const NormForward<double>& a, int64_t rows, int64_t dims);

// g' = g where y > 0 (everywhere where y is null). Sums: sum[k] = sum_i g'_ik, product[k] = sum_i g'_ik (x_ik - mean[k]).
template <class T>
struct NormSums {
  const T *g, *y, *x, *mean;
  T *sum, *product;
};
void norm_sums(const NormSums<float>& a, int64_t rows, int64_t dims);
void norm_sums(const NormSums<double>& a, int64_t rows, int64_t dims);

// dx = g' scale + (x - mean) slope + offset; masked = g' unless null.
template <class T>
struct NormBackward {
  const T *g, *y, *x, *mean, *scale, *slope, *offset;
  T *dx, *masked;
};
void norm_backward(const NormBackward<float>& a, int64_t rows, int64_t dims);
void norm_backward(const NormBackward<double>& a, int64_t rows, int64_t dims);

}  // namespace kindred
