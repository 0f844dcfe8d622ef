// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/pair_logistic.h"

#include <algorithm>
#include <limits>

#include "kindred/kernels/pair_targets.h"
#include "kindred/kernels/pair_tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/pair_logistic.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kindred/kernels/pair_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// log(1 + y) for y in [0, 1]: 2 artanh(t), t = y / (2 + y) <= 1/3.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_1_plus(D d, V y) {
  using T = hn::TFromD<D>;
  constexpr int kTerms = sizeof(T) == 4 ? 8 : 16;
  const V t = hn::Div(y, hn::Add(y, hn::Set(d, T{2}))), square = hn::Mul(t, t);
  V sum = hn::Set(d, T(1.0 / (2 * kTerms - 1)));
#pragma GCC unroll 16
  for (int k = kTerms - 2; k >= 0; --k) sum = hn::MulAdd(sum, square, hn::Set(d, T(1.0 / (2 * k + 1))));
  return hn::Mul(hn::Add(t, t), sum);
}

// Calls body(i, j, count, s) for every vector of the tile; begin(i) before each row.
template <class T, class Begin, class Body>
HWY_INLINE void over_rows(const PairTile<T>& tile, const Begin& begin, const Body& body) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const auto width = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < tile.rows; ++i) {
    begin(i);
    for (int64_t j = 0; j < tile.columns; j += width) body(i, j, std::min(width, tile.columns - j));
  }
}

// One vector of pairs: x = -u where the codes are the same, u elsewhere; e^-|x|; which of them count.
template <class T>
struct Terms {
  using D = hn::CappedTag<T, 64 / sizeof(T)>;
  using V = hn::Vec<D>;
  using M = hn::Mask<D>;
  V x, tail;
  M same, counted;

  HWY_INLINE Terms(const PairTile<T>& tile, const PairLogistic<T>& loss, int64_t i, int64_t j, int64_t count) {
    const D d;
    const V s = hn::Load(d, tile.s + i * kTileRows + j);
    const V u = hn::MulAdd(hn::Set(d, loss.scale), s, hn::Set(d, loss.bias));
    same = hn::Eq(hn::Set(d, tile.row_codes[i]), hn::LoadU(d, tile.column_codes + j));
    x = hn::IfThenElse(same, hn::Neg(u), u);
    tail = pair_exp(d, hn::Neg(hn::Abs(u)));
    counted =
        hn::And(hn::Gt(s, hn::Set(d, -std::numeric_limits<T>::infinity())), hn::FirstN(d, static_cast<size_t>(count)));
  }
};

template <class T>
double sum_of(const PairTile<T>& tile, const PairLogistic<T>& loss) {
  const typename Terms<T>::D d;
  const auto zero = hn::Zero(d), same = hn::Set(d, loss.same), different = hn::Set(d, loss.different);
  double all = 0;
  auto row = zero;
  over_rows(
      tile,
      [&](int64_t) {
        all += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, row)));
        row = zero;
      },
      [&](int64_t i, int64_t j, int64_t count) {
        const Terms<T> terms(tile, loss, i, j, count);
        const auto cost = hn::Add(hn::Max(terms.x, zero), log_1_plus(d, terms.tail));
        const auto weighed = hn::Mul(cost, hn::IfThenElse(terms.same, same, different));
        row = hn::Add(row, hn::IfThenElseZero(terms.counted, weighed));
      });
  return all + static_cast<double>(hn::GetLane(hn::SumOfLanes(d, row)));
}

template <class T>
void weigh(const PairTile<T>& tile, const PairLogistic<T>& loss, T factor) {
  const typename Terms<T>::D d;
  const auto zero = hn::Zero(d), one = hn::Set(d, T{1});
  const auto same = hn::Set(d, -loss.same * loss.scale * factor),
             different = hn::Set(d, loss.different * loss.scale * factor);
  over_rows(
      tile, [](int64_t) {},
      [&](int64_t i, int64_t j, int64_t count) {
        const Terms<T> terms(tile, loss, i, j, count);
        const auto slope = hn::Div(hn::IfThenElse(hn::Ge(terms.x, zero), one, terms.tail), hn::Add(one, terms.tail));
        const auto weighed = hn::Mul(slope, hn::IfThenElse(terms.same, same, different));
        hn::Store(hn::IfThenElseZero(terms.counted, weighed), d, tile.s + i * kTileRows + j);
      });
  clear_rest(tile);
}

double sum_float(const PairTile<float>& tile, const PairLogistic<float>& loss) { return sum_of(tile, loss); }
double sum_double(const PairTile<double>& tile, const PairLogistic<double>& loss) { return sum_of(tile, loss); }
void weigh_float(const PairTile<float>& tile, const PairLogistic<float>& loss, float factor) {
  weigh(tile, loss, factor);
}
void weigh_double(const PairTile<double>& tile, const PairLogistic<double>& loss, double factor) {
  weigh(tile, loss, factor);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(sum_float);
HWY_EXPORT(sum_double);
HWY_EXPORT(weigh_float);
HWY_EXPORT(weigh_double);
}  // namespace

double logistic_sum(const PairTile<float>& tile, const PairLogistic<float>& loss) {
  return HWY_DYNAMIC_DISPATCH(sum_float)(tile, loss);
}
double logistic_sum(const PairTile<double>& tile, const PairLogistic<double>& loss) {
  return HWY_DYNAMIC_DISPATCH(sum_double)(tile, loss);
}
void logistic_weights(const PairTile<float>& tile, const PairLogistic<float>& loss, float factor) {
  HWY_DYNAMIC_DISPATCH(weigh_float)(tile, loss, factor);
}
void logistic_weights(const PairTile<double>& tile, const PairLogistic<double>& loss, double factor) {
  HWY_DYNAMIC_DISPATCH(weigh_double)(tile, loss, factor);
}

}  // namespace kindred
#endif
