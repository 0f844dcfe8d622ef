// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/norm_rows.h"

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/norm_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// body(d, k) for every column k: whole vectors first, then one number at a time.
template <class T, class Body>
HWY_INLINE void over_columns(int64_t dims, const Body& body) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::CappedTag<T, 1> one;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + width <= dims; k += width) body(d, k);
  for (; k < dims; ++k) body(one, k);
}

// g where y > 0 or NaN.
template <class D, class T>
HWY_INLINE hn::Vec<D> masked_gradient(D d, const T* g, const T* y) {
  const auto v = hn::LoadU(d, g);
  return y == nullptr ? v : hn::IfThenZeroElse(hn::Le(hn::LoadU(d, y), hn::Zero(d)), v);
}

template <class T>
void moments_of(const T* HWY_RESTRICT x, int64_t rows, int64_t dims, T* HWY_RESTRICT mean, T* HWY_RESTRICT square) {
  over_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
    auto even = hn::Zero(d), odd = hn::Zero(d);
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
      even = hn::Add(even, hn::LoadU(d, x + i * dims + k));
      odd = hn::Add(odd, hn::LoadU(d, x + (i + 1) * dims + k));
    }
    if (i < rows) even = hn::Add(even, hn::LoadU(d, x + i * dims + k));
    const auto middle = hn::Div(hn::Add(even, odd), hn::Set(d, static_cast<T>(rows)));
    even = odd = hn::Zero(d);
    for (i = 0; i + 2 <= rows; i += 2) {
      const auto v = hn::Sub(hn::LoadU(d, x + i * dims + k), middle);
      const auto w = hn::Sub(hn::LoadU(d, x + (i + 1) * dims + k), middle);
      even = hn::MulAdd(v, v, even);
      odd = hn::MulAdd(w, w, odd);
    }
    if (i < rows) {
      const auto v = hn::Sub(hn::LoadU(d, x + i * dims + k), middle);
      even = hn::MulAdd(v, v, even);
    }
    hn::StoreU(middle, d, mean + k);
    hn::StoreU(hn::Add(even, odd), d, square + k);
  });
}

template <class T>
void forward_of(const NormForward<T>& a, int64_t rows, int64_t dims) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = i * dims;
    over_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
      const auto v = hn::Sub(hn::LoadU(d, a.x + row + k), hn::LoadU(d, a.mean + k));
      auto y = hn::MulAdd(v, hn::LoadU(d, a.scale + k), hn::LoadU(d, a.bias + k));
      if (a.added != nullptr) y = hn::Add(y, hn::LoadU(d, a.added + row + k));
      if (a.relu) y = hn::IfThenZeroElse(hn::Lt(y, hn::Zero(d)), y);
      hn::StoreU(y, d, a.y + row + k);
    });
  }
}

template <class T>
void sums_of(const NormSums<T>& a, int64_t rows, int64_t dims) {
  over_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
    const auto mean = hn::LoadU(d, a.mean + k);
    auto sum = hn::Zero(d), product = hn::Zero(d);
    for (int64_t at = k; at < rows * dims; at += dims) {
      const auto g = masked_gradient(d, a.g + at, a.y == nullptr ? nullptr : a.y + at);
      sum = hn::Add(sum, g);
      product = hn::MulAdd(g, hn::Sub(hn::LoadU(d, a.x + at), mean), product);
    }
    hn::StoreU(sum, d, a.sum + k);
    hn::StoreU(product, d, a.product + k);
  });
}

template <class T>
void backward_of(const NormBackward<T>& a, int64_t rows, int64_t dims) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = i * dims;
    over_columns<T>(dims, [&](auto d, int64_t k) HWY_ATTR {
      const auto g = masked_gradient(d, a.g + row + k, a.y == nullptr ? nullptr : a.y + row + k);
      const auto v = hn::Sub(hn::LoadU(d, a.x + row + k), hn::LoadU(d, a.mean + k));
      const auto rest = hn::MulAdd(v, hn::LoadU(d, a.slope + k), hn::LoadU(d, a.offset + k));
      hn::StoreU(hn::MulAdd(g, hn::LoadU(d, a.scale + k), rest), d, a.dx + row + k);
      if (a.masked != nullptr) hn::StoreU(g, d, a.masked + row + k);
    });
  }
}

void moments_of_float(const float* x, int64_t rows, int64_t dims, float* mean, float* square) {
  moments_of(x, rows, dims, mean, square);
}
void moments_of_double(const double* x, int64_t rows, int64_t dims, double* mean, double* square) {
  moments_of(x, rows, dims, mean, square);
}
void forward_of_float(const NormForward<float>& a, int64_t rows, int64_t dims) { forward_of(a, rows, dims); }
void forward_of_double(const NormForward<double>& a, int64_t rows, int64_t dims) { forward_of(a, rows, dims); }
void sums_of_float(const NormSums<float>& a, int64_t rows, int64_t dims) { sums_of(a, rows, dims); }
void sums_of_double(const NormSums<double>& a, int64_t rows, int64_t dims) { sums_of(a, rows, dims); }
void backward_of_float(const NormBackward<float>& a, int64_t rows, int64_t dims) { backward_of(a, rows, dims); }
void backward_of_double(const NormBackward<double>& a, int64_t rows, int64_t dims) { backward_of(a, rows, dims); }

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(moments_of_float);
HWY_EXPORT(moments_of_double);
HWY_EXPORT(forward_of_float);
HWY_EXPORT(forward_of_double);
HWY_EXPORT(sums_of_float);
HWY_EXPORT(sums_of_double);
HWY_EXPORT(backward_of_float);
HWY_EXPORT(backward_of_double);
}  // namespace

void norm_moments(const float* x, int64_t rows, int64_t dims, float* mean, float* square) {
  HWY_DYNAMIC_DISPATCH(moments_of_float)(x, rows, dims, mean, square);
}
void norm_moments(const double* x, int64_t rows, int64_t dims, double* mean, double* square) {
  HWY_DYNAMIC_DISPATCH(moments_of_double)(x, rows, dims, mean, square);
}
void norm_forward(const NormForward<float>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(forward_of_float)(a, rows, dims);
}
void norm_forward(const NormForward<double>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(forward_of_double)(a, rows, dims);
}
void norm_sums(const NormSums<float>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(sums_of_float)(a, rows, dims);
}
void norm_sums(const NormSums<double>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(sums_of_double)(a, rows, dims);
}
void norm_backward(const NormBackward<float>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(backward_of_float)(a, rows, dims);
}
void norm_backward(const NormBackward<double>& a, int64_t rows, int64_t dims) {
  HWY_DYNAMIC_DISPATCH(backward_of_double)(a, rows, dims);
}

}  // namespace kindred
#endif
