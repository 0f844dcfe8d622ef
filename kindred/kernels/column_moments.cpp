// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/column_moments.h"

#include <algorithm>

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/column_moments.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void moments(const T* HWY_RESTRICT x, int64_t stride, int64_t rows, int64_t dims, const T* HWY_RESTRICT shift,
             T* HWY_RESTRICT sum, T* HWY_RESTRICT square) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  std::fill(sum, sum + dims, T{0});
  std::fill(square, square + dims, T{0});
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    int64_t k = 0;
    for (; k + width <= dims; k += width) {
      __builtin_prefetch(x + 2 * stride + k);
      const auto v = hn::Sub(hn::LoadU(d, x + k), hn::LoadU(d, shift + k));
      hn::StoreU(hn::Add(v, hn::LoadU(d, sum + k)), d, sum + k);
      hn::StoreU(hn::MulAdd(v, v, hn::LoadU(d, square + k)), d, square + k);
    }
    for (; k < dims; ++k) {
      const T v = x[k] - shift[k];
      sum[k] += v;
      square[k] += v * v;
    }
  }
}

void moments_float(const float* x, int64_t stride, int64_t rows, int64_t dims, const float* shift, float* sum,
                   float* square) {
  moments(x, stride, rows, dims, shift, sum, square);
}
void moments_double(const double* x, int64_t stride, int64_t rows, int64_t dims, const double* shift, double* sum,
                    double* square) {
  moments(x, stride, rows, dims, shift, sum, square);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(moments_float);
HWY_EXPORT(moments_double);
}  // namespace

void column_moments(const float* x, int64_t stride, int64_t rows, int64_t dims, const float* shift, float* sum,
                    float* square) {
  HWY_DYNAMIC_DISPATCH(moments_float)(x, stride, rows, dims, shift, sum, square);
}
void column_moments(const double* x, int64_t stride, int64_t rows, int64_t dims, const double* shift, double* sum,
                    double* square) {
  HWY_DYNAMIC_DISPATCH(moments_double)(x, stride, rows, dims, shift, sum, square);
}

}  // namespace kindred
#endif
