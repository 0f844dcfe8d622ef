// SPDX-License-Identifier: Apache-2.0
// e^x for vectors, relative error below 3e-7 (float) and 1e-15 (double): x = n ln 2 + r, the Taylor series in r (6 or 13
// terms, |r| <= ln 2 / 2), n added to the exponent. Below kLow and at -inf the result is 0; x above -kLow is the caller's
// mistake. Included once for each target, as Highway's own headers are.
#if defined(KINDRED_KERNELS_PAIR_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KINDRED_KERNELS_PAIR_EXP_INL_H_
#undef KINDRED_KERNELS_PAIR_EXP_INL_H_
#else
#define KINDRED_KERNELS_PAIR_EXP_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct ExpTerms;
template <>
struct ExpTerms<float> {
  static constexpr float kLow = -87.0f, kMagic = 12582912.0f;  // 1.5 * 2^23: adding it leaves n in the lowest bits
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr int kShift = 23, kCount = 6;
};
template <>
struct ExpTerms<double> {
  static constexpr double kLow = -700.0, kMagic = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLn2High = 0.693145751953125, kLn2Low = 1.42860682030941723212e-6;
  static constexpr int kShift = 52, kCount = 13;
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V pair_exp(D d, V x) {
  using T = hn::TFromD<D>;
  using Terms = ExpTerms<T>;
  const hn::RebindToSigned<D> di;
  const V t = hn::MulAdd(x, hn::Set(d, T(1.4426950408889634)), hn::Set(d, Terms::kMagic));
  const V n = hn::Sub(t, hn::Set(d, Terms::kMagic));
  V r = hn::NegMulAdd(n, hn::Set(d, Terms::kLn2High), x);
  r = hn::NegMulAdd(n, hn::Set(d, Terms::kLn2Low), r);
  constexpr double kFactorial[14] = {1,    1,     2,      6,       24,       120,       720,
                                     5040, 40320, 362880, 3628800, 39916800, 479001600, 6227020800.0};
  V sum = hn::Set(d, T(1.0 / kFactorial[Terms::kCount]));
#pragma GCC unroll 16
  for (int k = Terms::kCount - 1; k >= 0; --k) sum = hn::MulAdd(sum, r, hn::Set(d, T(1.0 / kFactorial[k])));
  const auto scaled = hn::Add(hn::BitCast(di, sum), hn::ShiftLeft<Terms::kShift>(hn::BitCast(di, t)));
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(d, Terms::kLow)), hn::BitCast(d, scaled));
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#endif
