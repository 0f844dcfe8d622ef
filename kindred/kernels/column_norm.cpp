// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/column_norm.h"

#include <algorithm>

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/column_norm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// body(d, k) for whole vectors from column 0 on, then for single columns: d is a tag of one lane there.
template <class T, class Body>
HWY_INLINE void for_columns(int64_t dims, const Body& body) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::CappedTag<T, 1> one;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + width <= dims; k += width) body(d, k);
  for (; k < dims; ++k) body(one, k);
}

template <class D, class T>
HWY_INLINE hn::Vec<D> normed(D d, const T* HWY_RESTRICT x, const ColumnNorm<T>& norm, int64_t k) {
  return hn::MulAdd(hn::LoadU(d, x + k), hn::LoadU(d, norm.scale + k), hn::LoadU(d, norm.shift + k));
}
// dy where ReLU let the value pass: y > 0, and where y is not a number.
template <bool relu, class D, class T>
HWY_INLINE hn::Vec<D> passed(D d, const T* HWY_RESTRICT x, const T* HWY_RESTRICT dy, const ColumnNorm<T>& norm, int64_t k) {
  const auto g = hn::LoadU(d, dy + k);
  if constexpr (!relu) return g;
  return hn::IfThenZeroElse(hn::Le(normed(d, x, norm, k), hn::Zero(d)), g);
}

template <bool relu, class T>
void apply(const T* x, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, T* y) {
  for (int64_t i = 0; i < rows; ++i, x += dims, y += dims)
    for_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
      const auto v = normed(d, x, norm, k);
      if constexpr (relu)
        hn::StoreU(hn::IfThenZeroElse(hn::Le(v, hn::Zero(d)), v), d, y + k);
      else
        hn::StoreU(v, d, y + k);
    });
}

template <bool relu, class T>
void back_sums(const T* x, const T* dy, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, T* HWY_RESTRICT sum,
               T* HWY_RESTRICT product) {
  std::fill(sum, sum + dims, T{0});
  std::fill(product, product + dims, T{0});
  for (int64_t i = 0; i < rows; ++i, x += dims, dy += dims)
    for_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
      const auto g = passed<relu>(d, x, dy, norm, k);
      const auto centred = hn::Sub(hn::LoadU(d, x + k), hn::LoadU(d, norm.mean + k));
      hn::StoreU(hn::Add(g, hn::LoadU(d, sum + k)), d, sum + k);
      hn::StoreU(hn::MulAdd(g, centred, hn::LoadU(d, product + k)), d, product + k);
    });
}

template <bool relu, class T>
void back(const T* x, const T* dy, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, const T* level, const T* slope,
          T* dx) {
  for (int64_t i = 0; i < rows; ++i, x += dims, dy += dims, dx += dims)
    for_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
      const auto g = passed<relu>(d, x, dy, norm, k);
      const auto centred = hn::Sub(hn::LoadU(d, x + k), hn::LoadU(d, norm.mean + k));
      const auto flat = hn::MulSub(g, hn::LoadU(d, norm.scale + k), hn::LoadU(d, level + k));
      hn::StoreU(hn::NegMulAdd(centred, hn::LoadU(d, slope + k), flat), d, dx + k);
    });
}

template <class T>
void apply_any(const T* x, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, T* y) {
  norm.relu ? apply<true>(x, rows, dims, norm, y) : apply<false>(x, rows, dims, norm, y);
}
template <class T>
void back_sums_any(const T* x, const T* dy, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, T* sum, T* product) {
  norm.relu ? back_sums<true>(x, dy, rows, dims, norm, sum, product)
            : back_sums<false>(x, dy, rows, dims, norm, sum, product);
}
template <class T>
void back_any(const T* x, const T* dy, int64_t rows, int64_t dims, const ColumnNorm<T>& norm, const T* level,
              const T* slope, T* dx) {
  norm.relu ? back<true>(x, dy, rows, dims, norm, level, slope, dx) : back<false>(x, dy, rows, dims, norm, level, slope, dx);
}

void apply_float(const float* x, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* y) {
  apply_any(x, rows, dims, norm, y);
}
void apply_double(const double* x, int64_t rows, int64_t dims, const ColumnNorm<double>& norm, double* y) {
  apply_any(x, rows, dims, norm, y);
}
void sums_float(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* sum,
                float* product) {
  back_sums_any(x, dy, rows, dims, norm, sum, product);
}
void sums_double(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm, double* sum,
                 double* product) {
  back_sums_any(x, dy, rows, dims, norm, sum, product);
}
void back_float(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm,
                const float* level, const float* slope, float* dx) {
  back_any(x, dy, rows, dims, norm, level, slope, dx);
}
void back_double(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm,
                 const double* level, const double* slope, double* dx) {
  back_any(x, dy, rows, dims, norm, level, slope, dx);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(apply_float);
HWY_EXPORT(apply_double);
HWY_EXPORT(sums_float);
HWY_EXPORT(sums_double);
HWY_EXPORT(back_float);
HWY_EXPORT(back_double);
}  // namespace

void norm_columns(const float* x, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_float)(x, rows, dims, norm, y);
}
void norm_columns(const double* x, int64_t rows, int64_t dims, const ColumnNorm<double>& norm, double* y) {
  HWY_DYNAMIC_DISPATCH(apply_double)(x, rows, dims, norm, y);
}
void norm_back_sums(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm, float* sum,
                    float* product) {
  HWY_DYNAMIC_DISPATCH(sums_float)(x, dy, rows, dims, norm, sum, product);
}
void norm_back_sums(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm,
                    double* sum, double* product) {
  HWY_DYNAMIC_DISPATCH(sums_double)(x, dy, rows, dims, norm, sum, product);
}
void norm_back(const float* x, const float* dy, int64_t rows, int64_t dims, const ColumnNorm<float>& norm,
               const float* level, const float* slope, float* dx) {
  HWY_DYNAMIC_DISPATCH(back_float)(x, dy, rows, dims, norm, level, slope, dx);
}
void norm_back(const double* x, const double* dy, int64_t rows, int64_t dims, const ColumnNorm<double>& norm,
               const double* level, const double* slope, double* dx) {
  HWY_DYNAMIC_DISPATCH(back_double)(x, dy, rows, dims, norm, level, slope, dx);
}

}  // namespace kindred
#endif
