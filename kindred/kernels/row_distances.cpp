// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/row_distances.h"

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/row_distances.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// kGroup rows at a time.
template <int kGroup, class T>
HWY_INLINE void squares(const T* HWY_RESTRICT x, const T* HWY_RESTRICT b, int64_t stride, int64_t dims, T* out) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  using V = hn::Vec<decltype(d)>;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  V sum[kGroup];
#pragma GCC unroll 4
  for (int r = 0; r < kGroup; ++r) sum[r] = hn::Zero(d);
  int64_t k = 0;
  for (; k + width <= dims; k += width) {
    const V v = hn::LoadU(d, x + k);
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      const V difference = hn::Sub(v, hn::LoadU(d, b + r * stride + k));
      sum[r] = hn::MulAdd(difference, difference, sum[r]);
    }
  }
  for (int r = 0; r < kGroup; ++r) {
    T rest = 0;
    for (int64_t tail = k; tail < dims; ++tail) {
      const T difference = x[tail] - b[r * stride + tail];
      rest += difference * difference;
    }
    out[r] = hn::GetLane(hn::SumOfLanes(d, sum[r])) + rest;
  }
}

template <class T>
void all_squares(const T* x, const T* b, int64_t stride, int64_t count, int64_t dims, T* out) {
  int64_t j = 0;
  for (; j + 4 <= count; j += 4) squares<4>(x, b + j * stride, stride, dims, out + j);
  for (; j < count; ++j) squares<1>(x, b + j * stride, stride, dims, out + j);
}

// kVecs vectors of columns.
template <int kVecs, class T>
HWY_INLINE void differences(const T* HWY_RESTRICT weights, const T* HWY_RESTRICT x, const T* HWY_RESTRICT b,
                            int64_t stride, int64_t count, T* HWY_RESTRICT out) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  using V = hn::Vec<decltype(d)>;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  V sum[kVecs], mine[kVecs];
#pragma GCC unroll 4
  for (int v = 0; v < kVecs; ++v) {
    sum[v] = hn::Zero(d);
    mine[v] = hn::LoadU(d, x + v * width);
  }
  for (int64_t j = 0; j < count; ++j) {
    if (weights[j] == 0) continue;
    const V weight = hn::Set(d, weights[j]);
#pragma GCC unroll 4
    for (int v = 0; v < kVecs; ++v)
      sum[v] = hn::MulAdd(weight, hn::Sub(mine[v], hn::LoadU(d, b + j * stride + v * width)), sum[v]);
  }
#pragma GCC unroll 4
  for (int v = 0; v < kVecs; ++v) hn::StoreU(sum[v], d, out + v * width);
}

template <class T>
void all_differences(const T* weights, const T* x, const T* b, int64_t stride, int64_t count, int64_t dims, T* out) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + 4 * width <= dims; k += 4 * width) differences<4>(weights, x + k, b + k, stride, count, out + k);
  for (; k + width <= dims; k += width) differences<1>(weights, x + k, b + k, stride, count, out + k);
  for (; k < dims; ++k) {
    T sum = 0;
    for (int64_t j = 0; j < count; ++j)
      if (weights[j] != 0) sum += weights[j] * (x[k] - b[j * stride + k]);
    out[k] = sum;
  }
}

void squares_float(const float* x, const float* b, int64_t stride, int64_t count, int64_t dims, float* out) {
  all_squares(x, b, stride, count, dims, out);
}
void squares_double(const double* x, const double* b, int64_t stride, int64_t count, int64_t dims, double* out) {
  all_squares(x, b, stride, count, dims, out);
}
void differences_float(const float* weights, const float* x, const float* b, int64_t stride, int64_t count,
                       int64_t dims, float* out) {
  all_differences(weights, x, b, stride, count, dims, out);
}
void differences_double(const double* weights, const double* x, const double* b, int64_t stride, int64_t count,
                        int64_t dims, double* out) {
  all_differences(weights, x, b, stride, count, dims, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(squares_float);
HWY_EXPORT(squares_double);
HWY_EXPORT(differences_float);
HWY_EXPORT(differences_double);
}  // namespace

void square_distances(const float* x, const float* b, int64_t stride, int64_t count, int64_t dims, float* out) {
  HWY_DYNAMIC_DISPATCH(squares_float)(x, b, stride, count, dims, out);
}
void square_distances(const double* x, const double* b, int64_t stride, int64_t count, int64_t dims, double* out) {
  HWY_DYNAMIC_DISPATCH(squares_double)(x, b, stride, count, dims, out);
}
void weighed_differences(const float* weights, const float* x, const float* b, int64_t stride, int64_t count,
                         int64_t dims, float* out) {
  HWY_DYNAMIC_DISPATCH(differences_float)(weights, x, b, stride, count, dims, out);
}
void weighed_differences(const double* weights, const double* x, const double* b, int64_t stride, int64_t count,
                         int64_t dims, double* out) {
  HWY_DYNAMIC_DISPATCH(differences_double)(weights, x, b, stride, count, dims, out);
}

}  // namespace kindred
#endif
