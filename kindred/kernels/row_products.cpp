// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/row_products.h"

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/row_products.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
T dot(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t dims) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d), more = hn::Zero(d);
  int64_t k = 0;
  for (; k + 2 * width <= dims; k += 2 * width) {
    sum = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
    more = hn::MulAdd(hn::LoadU(d, a + k + width), hn::LoadU(d, b + k + width), more);
  }
  T out = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, more)));
  for (; k < dims; ++k) out += a[k] * b[k];
  return out;
}

template <class T>
void add_scaled(T factor, const T* HWY_RESTRICT x, int64_t dims, T* HWY_RESTRICT to) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  const auto by = hn::Set(d, factor);
  int64_t k = 0;
  for (; k + width <= dims; k += width)
    hn::StoreU(hn::MulAdd(by, hn::LoadU(d, x + k), hn::LoadU(d, to + k)), d, to + k);
  for (; k < dims; ++k) to[k] += factor * x[k];
}

float dot_float(const float* a, const float* b, int64_t dims) { return dot(a, b, dims); }
double dot_double(const double* a, const double* b, int64_t dims) { return dot(a, b, dims); }
void add_float(float factor, const float* x, int64_t dims, float* to) { add_scaled(factor, x, dims, to); }
void add_double(double factor, const double* x, int64_t dims, double* to) { add_scaled(factor, x, dims, to); }

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(dot_float);
HWY_EXPORT(dot_double);
HWY_EXPORT(add_float);
HWY_EXPORT(add_double);
}  // namespace

float row_dot(const float* a, const float* b, int64_t dims) { return HWY_DYNAMIC_DISPATCH(dot_float)(a, b, dims); }
double row_dot(const double* a, const double* b, int64_t dims) { return HWY_DYNAMIC_DISPATCH(dot_double)(a, b, dims); }
void add_scaled_row(float factor, const float* x, int64_t dims, float* to) {
  HWY_DYNAMIC_DISPATCH(add_float)(factor, x, dims, to);
}
void add_scaled_row(double factor, const double* x, int64_t dims, double* to) {
  HWY_DYNAMIC_DISPATCH(add_double)(factor, x, dims, to);
}

}  // namespace kindred
#endif
