// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/row_units.h"

#include <algorithm>
#include <cmath>

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/row_units.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using RowLanes = hn::CappedTag<T, 64 / sizeof(T)>;

// The first `count` lanes of x, 0 in the others.
template <class T>
HWY_INLINE hn::Vec<RowLanes<T>> load_first(const T* x, int64_t count) {
  const RowLanes<T> d;
  HWY_ALIGN T rest[64 / sizeof(T)] = {};
  std::copy(x, x + count, rest);
  return hn::Load(d, rest);
}

// Calls body(i, v) for whole vectors and once for the rest, whose missing lanes are 0.
template <class T, class Body>
HWY_INLINE void over_row(const T* x, int64_t dims, const Body& body) {
  const RowLanes<T> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + width <= dims; k += width) body(k, hn::LoadU(d, x + k));
  if (k < dims) body(k, load_first(x + k, dims - k));
}

// |x|, whatever the size of its entries.
template <class T>
T length(const T* x, int64_t dims) {
  const RowLanes<T> d;
  auto top = hn::Zero(d), square = hn::Zero(d);
  over_row(x, dims, [&](int64_t, auto v) {
    top = hn::Max(top, hn::Abs(v));
    square = hn::MulAdd(v, v, square);
  });
  constexpr double kSafe = sizeof(T) == 4 ? 1e15 : 1e140;
  const auto largest = static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, top)));
  if (largest == 0) return hn::GetLane(hn::SumOfLanes(d, square));  // 0, or a NaN that Max passed over
  if (largest < kSafe && largest > 1 / kSafe) return std::sqrt(hn::GetLane(hn::SumOfLanes(d, square)));
  double sum = 0;
  for (int64_t k = 0; k < dims; ++k) sum += (x[k] / largest) * (x[k] / largest);
  return static_cast<T>(std::sqrt(sum) * largest);
}

template <class T>
void unit(const T* x, int64_t stride, int64_t n, int64_t dims, double zero, T* z, int64_t z_stride, T* inverse) {
  const RowLanes<T> d;
  for (int64_t i = 0; i < n; ++i, x += stride, z += z_stride) {
    const T norm = length(x, dims);
    const bool gone = static_cast<double>(norm) < zero;
    inverse[i] = gone ? T{0} : T{1} / norm;
    const auto factor = hn::Set(d, gone ? T{0} : T{1} / norm);
    over_row(x, dims, [&](int64_t k, auto v) { hn::Store(hn::Mul(v, factor), d, z + k); });
  }
}

template <class T>
void unit_back(const T* z, int64_t z_stride, const T* inverse, const T* g, int64_t g_stride, int64_t n, int64_t dims,
               T* dx, int64_t stride) {
  const RowLanes<T> d;
  for (int64_t i = 0; i < n; ++i, z += z_stride, g += g_stride, dx += stride) {
    auto sum = hn::Zero(d);
    over_row(g, dims, [&](int64_t k, auto v) { sum = hn::MulAdd(v, hn::Load(d, z + k), sum); });
    const auto along = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum))), factor = hn::Set(d, inverse[i]);
    const auto width = static_cast<int64_t>(hn::Lanes(d));
    over_row(g, dims, [&](int64_t k, auto v) {
      const auto out = hn::Mul(factor, hn::NegMulAdd(along, hn::Load(d, z + k), v));
      if (k + width <= dims) return hn::StoreU(out, d, dx + k);
      HWY_ALIGN T rest[64 / sizeof(T)];
      hn::Store(out, d, rest);
      std::copy(rest, rest + (dims - k), dx + k);
    });
  }
}

void unit_float(const float* x, int64_t stride, int64_t n, int64_t dims, double zero, float* z, int64_t z_stride,
                float* inverse) {
  unit(x, stride, n, dims, zero, z, z_stride, inverse);
}
void unit_double(const double* x, int64_t stride, int64_t n, int64_t dims, double zero, double* z, int64_t z_stride,
                 double* inverse) {
  unit(x, stride, n, dims, zero, z, z_stride, inverse);
}
void unit_back_float(const float* z, int64_t z_stride, const float* inverse, const float* g, int64_t g_stride,
                     int64_t n, int64_t dims, float* dx, int64_t stride) {
  unit_back(z, z_stride, inverse, g, g_stride, n, dims, dx, stride);
}
void unit_back_double(const double* z, int64_t z_stride, const double* inverse, const double* g, int64_t g_stride,
                      int64_t n, int64_t dims, double* dx, int64_t stride) {
  unit_back(z, z_stride, inverse, g, g_stride, n, dims, dx, stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(unit_float);
HWY_EXPORT(unit_double);
HWY_EXPORT(unit_back_float);
HWY_EXPORT(unit_back_double);
}  // namespace

void unit_rows(const float* x, int64_t stride, int64_t n, int64_t dims, double zero, float* z, int64_t z_stride,
               float* inverse) {
  HWY_DYNAMIC_DISPATCH(unit_float)(x, stride, n, dims, zero, z, z_stride, inverse);
}
void unit_rows(const double* x, int64_t stride, int64_t n, int64_t dims, double zero, double* z, int64_t z_stride,
               double* inverse) {
  HWY_DYNAMIC_DISPATCH(unit_double)(x, stride, n, dims, zero, z, z_stride, inverse);
}
void unit_rows_back(const float* z, int64_t z_stride, const float* inverse, const float* g, int64_t g_stride, int64_t n,
                    int64_t dims, float* dx, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(unit_back_float)(z, z_stride, inverse, g, g_stride, n, dims, dx, stride);
}
void unit_rows_back(const double* z, int64_t z_stride, const double* inverse, const double* g, int64_t g_stride,
                    int64_t n, int64_t dims, double* dx, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(unit_back_double)(z, z_stride, inverse, g, g_stride, n, dims, dx, stride);
}

}  // namespace kindred
#endif
