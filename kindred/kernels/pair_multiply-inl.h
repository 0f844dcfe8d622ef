// SPDX-License-Identifier: Apache-2.0
// The inner loop of all products of rows: a block of kRows x kVectors registers of sums for each call, 8 x 3 where there are
// 32 registers, 4 x 3 where there are 16, so that three loads and the broadcasts feed 24 (12) multiply-adds. Included once
// for each target, as Highway's own headers are.
#if defined(KINDRED_KERNELS_PAIR_MULTIPLY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KINDRED_KERNELS_PAIR_MULTIPLY_INL_H_
#undef KINDRED_KERNELS_PAIR_MULTIPLY_INL_H_
#else
#define KINDRED_KERNELS_PAIR_MULTIPLY_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_SSSE3
constexpr int kRows = 4;  // 16 registers
#else
constexpr int kRows = 8;
#endif
constexpr int kVectors = 3;

template <class T>
using Lanes = hn::CappedTag<T, 64 / sizeof(T)>;
template <class T>
int64_t lanes() {
  return static_cast<int64_t>(hn::Lanes(Lanes<T>()));
}
// Rows in a panel: whole groups of vectors for the right side of a product, whole blocks of kRows for the left.
template <class T>
int64_t panel() {
  return std::lcm(kVectors * lanes<T>(), int64_t{kRows});
}

// c[r, v] (+)= sum_k a(r, k) b(k, v): a(r, k) at a[r * kStep + k * a_next], b(k, .) at b[k * b_next].
template <int kVecs, int64_t kStep, class T>
HWY_INLINE void multiply(const T* HWY_RESTRICT a, int64_t a_next, const T* HWY_RESTRICT b, int64_t b_next,
                         int64_t depth, T* HWY_RESTRICT c, int64_t c_stride, bool add) {
  const Lanes<T> d;
  const int64_t width = lanes<T>();
  using V = hn::Vec<Lanes<T>>;
  V sum[kRows][kVecs];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < kVecs; ++v) {
      sum[r][v] = hn::Zero(d);
      if (add) hwy::Prefetch(c + r * c_stride + v * width);
    }
  for (int64_t k = 0; k < depth; ++k) {
    V right[kVecs];
#pragma GCC unroll 3
    for (int v = 0; v < kVecs; ++v) right[v] = hn::Load(d, b + v * width);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const V left = hn::Set(d, a[r * kStep]);
#pragma GCC unroll 3
      for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
    }
    a += a_next;
    b += b_next;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < kVecs; ++v) {
      T* to = c + r * c_stride + v * width;
      hn::Store(add ? hn::Add(sum[r][v], hn::Load(d, to)) : sum[r][v], d, to);
    }
}

// Asks for part `step` of `steps` of `count` rows of kVecs vectors: what the next pass will read comes in during this one,
// from caches too far away to wait for.
template <int kVecs, class T>
HWY_INLINE void fetch(const T* x, int64_t stride, int64_t count, int64_t step, int64_t steps) {
  const int64_t width = lanes<T>(), each = (count + steps - 1) / steps;
  for (int64_t r = step * each; r < std::min(count, (step + 1) * each); ++r)
    for (int v = 0; v < kVecs; ++v) __builtin_prefetch(x + r * stride + v * width, 0, 2);  // to the second level
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#endif
