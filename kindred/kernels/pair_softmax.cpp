// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/pair_softmax.h"

#include <algorithm>
#include <limits>

#include "kindred/kernels/pair_targets.h"
#include "kindred/kernels/pair_tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/pair_softmax.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kindred/kernels/pair_exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using PairLanes = hn::CappedTag<T, 64 / sizeof(T)>;

// u of a vector of columns from j on, -inf where the pair is dropped or beyond the last column.
template <PairKeep kKeep, class T>
struct Logits {
  using D = PairLanes<T>;
  using V = hn::Vec<D>;
  const PairTile<T>& tile;
  const D d{};
  const V scale, nothing;

  Logits(const PairTile<T>& of, T factor)
      : tile(of), scale(hn::Set(d, factor)), nothing(hn::Set(d, -std::numeric_limits<T>::infinity())) {}

  int64_t width() const { return static_cast<int64_t>(hn::Lanes(d)); }
  HWY_INLINE V at(int64_t i, int64_t j) const {
    V u = hn::Mul(scale, hn::Load(d, tile.s + i * kTileRows + j));
    if constexpr (kKeep != PairKeep::kAll) {
      const V mine = hn::Set(d, tile.row_codes[i]), other = hn::LoadU(d, tile.column_codes + j);
      const auto same = hn::Eq(mine, other);
      u = kKeep == PairKeep::kSame ? hn::IfThenElse(same, u, nothing) : hn::IfThenElse(same, nothing, u);
    }
    return u;
  }
  HWY_INLINE V last(int64_t i, int64_t j) const {
    return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(tile.columns - j)), at(i, j), nothing);
  }
};

// Calls body(i, j, u) for every vector of the tile, kGroup rows at a time; begin(i) and end(i) around each group.
template <int kGroup, PairKeep kKeep, class T, class Visitor>
HWY_INLINE void visit_group(const Logits<kKeep, T>& logits, int64_t i, Visitor& visitor) {
  const int64_t columns = logits.tile.columns, width = logits.width();
  visitor.template begin<kGroup>(i);
  int64_t j = 0;
  hn::Vec<PairLanes<T>> u[kGroup];
  for (; j + width <= columns; j += width) {
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) u[r] = logits.at(i + r, j);
    visitor.template step<kGroup>(i, j, u);
  }
  if (j < columns) {
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) u[r] = logits.last(i + r, j);
    visitor.template step<kGroup>(i, j, u);
  }
  visitor.template end<kGroup>(i);
}
template <PairKeep kKeep, class T, class Visitor>
void visit_kept(const PairTile<T>& tile, T scale, Visitor& visitor) {
  const Logits<kKeep, T> logits(tile, scale);
  int64_t i = 0;
  for (; i + 4 <= tile.rows; i += 4) visit_group<4>(logits, i, visitor);
  for (; i < tile.rows; ++i) visit_group<1>(logits, i, visitor);
}
template <class T, class Visitor>
void visit(const PairTile<T>& tile, T scale, Visitor visitor) {
  if (tile.keep == PairKeep::kAll) return visit_kept<PairKeep::kAll>(tile, scale, visitor);
  if (tile.keep == PairKeep::kSame) return visit_kept<PairKeep::kSame>(tile, scale, visitor);
  return visit_kept<PairKeep::kDifferent>(tile, scale, visitor);
}

template <bool kByRow, bool kColumns, bool kStore, class T>
struct Sums {
  using D = PairLanes<T>;
  using V = hn::Vec<D>;
  const PairTile<T>& tile;
  T shift;
  const T *row_shifts, *column_shifts;
  T *row_sums, *column_sums;
  V sum[4], by[4];

  template <int kGroup>
  HWY_INLINE void begin(int64_t i) {
    const D d;
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      sum[r] = hn::Zero(d);
      by[r] = hn::Set(d, kByRow ? row_shifts[i + r] : shift);
    }
  }
  template <int kGroup>
  HWY_INLINE void step(int64_t i, int64_t j, const V* u) {
    const D d;
    V column = hn::Zero(d);
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      // A row with nothing kept has shift -inf and u = -inf throughout: the difference is NaN, which pair_exp takes to 0.
      const V e = pair_exp(d, hn::Sub(u[r], by[r]));
      sum[r] = hn::Add(sum[r], e);
      if constexpr (kColumns && !kByRow) column = hn::Add(column, e);
      if constexpr (kStore) hn::Store(e, d, tile.s + (i + r) * kTileRows + j);
      if constexpr (kColumns && kByRow)
        column = hn::Add(column, pair_exp(d, hn::Sub(u[r], hn::Load(d, column_shifts + j))));
    }
    if constexpr (kColumns) hn::Store(hn::Add(column, hn::Load(d, column_sums + j)), d, column_sums + j);
  }
  template <int kGroup>
  HWY_INLINE void end(int64_t i) {
    const D d;
    for (int r = 0; r < kGroup; ++r) row_sums[i + r] = hn::GetLane(hn::SumOfLanes(d, sum[r]));
  }
};

template <class T>
void sums(const PairTile<T>& tile, T scale, T shift, const T* row_shifts, const T* column_shifts, T* row_sums,
          T* column_sums, bool store) {
  if (column_sums) std::fill(column_sums, column_sums + kTileRows, T{0});
  const auto run = [&]<bool kByRow, bool kColumns, bool kStore>() {
    visit(tile, scale,
          Sums<kByRow, kColumns, kStore, T>{tile, shift, row_shifts, column_shifts, row_sums, column_sums, {}, {}});
  };
  const bool by_row = row_shifts != nullptr, columns = column_sums != nullptr;
  if (store) {
    by_row ? run.template operator()<true, false, true>() : run.template operator()<false, false, true>();
    clear_rest(tile);
  } else if (columns) {
    by_row ? run.template operator()<true, true, false>() : run.template operator()<false, true, false>();
  } else {
    by_row ? run.template operator()<true, false, false>() : run.template operator()<false, false, false>();
  }
}

template <bool kByRow, bool kColumns, class T>
struct Weights {
  using D = PairLanes<T>;
  using V = hn::Vec<D>;
  const PairTile<T>& tile;
  T shift;
  const T *row_shifts, *row_factors, *column_shifts, *column_factors;
  V by[4], factor[4];

  template <int kGroup>
  HWY_INLINE void begin(int64_t i) {
    const D d;
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      by[r] = hn::Set(d, kByRow ? row_shifts[i + r] : shift);
      factor[r] = hn::Set(d, row_factors[i + r]);
    }
  }
  template <int kGroup>
  HWY_INLINE void step(int64_t i, int64_t j, const V* u) {
    const D d;
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      const V e = pair_exp(d, hn::Sub(u[r], by[r]));
      V w;
      if constexpr (!kColumns) w = hn::Mul(e, factor[r]);
      if constexpr (kColumns && !kByRow) w = hn::Mul(e, hn::Add(factor[r], hn::Load(d, column_factors + j)));
      if constexpr (kColumns && kByRow) {
        const V other = pair_exp(d, hn::Sub(u[r], hn::Load(d, column_shifts + j)));
        w = hn::MulAdd(other, hn::Load(d, column_factors + j), hn::Mul(e, factor[r]));
      }
      hn::Store(w, d, tile.s + (i + r) * kTileRows + j);
    }
  }
  template <int kGroup>
  HWY_INLINE void end(int64_t) {}
};

template <class T>
void weights(const PairTile<T>& tile, T scale, T shift, const T* row_shifts, const T* row_factors,
             const T* column_shifts, const T* column_factors) {
  const auto run = [&]<bool kByRow, bool kColumns>() {
    visit(tile, scale,
          Weights<kByRow, kColumns, T>{tile, shift, row_shifts, row_factors, column_shifts, column_factors, {}, {}});
  };
  const bool by_row = row_shifts != nullptr;
  if (column_factors) by_row ? run.template operator()<true, true>() : run.template operator()<false, true>();
  else by_row ? run.template operator()<true, false>() : run.template operator()<false, false>();
  clear_rest(tile);
}

template <bool kColumns, class T>
struct Maxima {
  using D = PairLanes<T>;
  using V = hn::Vec<D>;
  T *row_maxima, *column_maxima;
  V top[4];

  template <int kGroup>
  HWY_INLINE void begin(int64_t) {
    for (int r = 0; r < kGroup; ++r) top[r] = hn::Set(D(), -std::numeric_limits<T>::infinity());
  }
  template <int kGroup>
  HWY_INLINE void step(int64_t, int64_t j, const V* u) {
    const D d;
    V column = u[0];
#pragma GCC unroll 4
    for (int r = 0; r < kGroup; ++r) {
      top[r] = hn::Max(top[r], u[r]);
      if constexpr (kColumns) column = hn::Max(column, u[r]);
    }
    if constexpr (kColumns) hn::Store(hn::Max(column, hn::Load(d, column_maxima + j)), d, column_maxima + j);
  }
  template <int kGroup>
  HWY_INLINE void end(int64_t i) {
    const D d;
    for (int r = 0; r < kGroup; ++r) row_maxima[i + r] = hn::GetLane(hn::MaxOfLanes(d, top[r]));
  }
};

template <class T>
void maxima(const PairTile<T>& tile, T scale, T* row_maxima, T* column_maxima) {
  if (column_maxima == nullptr) return visit(tile, scale, Maxima<false, T>{row_maxima, nullptr, {}});
  std::fill(column_maxima, column_maxima + kTileRows, -std::numeric_limits<T>::infinity());
  visit(tile, scale, Maxima<true, T>{row_maxima, column_maxima, {}});
}

void sums_float(const PairTile<float>& tile, float scale, float shift, const float* row_shifts,
                const float* column_shifts, float* row_sums, float* column_sums, bool store) {
  sums(tile, scale, shift, row_shifts, column_shifts, row_sums, column_sums, store);
}
void sums_double(const PairTile<double>& tile, double scale, double shift, const double* row_shifts,
                 const double* column_shifts, double* row_sums, double* column_sums, bool store) {
  sums(tile, scale, shift, row_shifts, column_shifts, row_sums, column_sums, store);
}
void weights_float(const PairTile<float>& tile, float scale, float shift, const float* row_shifts,
                   const float* row_factors, const float* column_shifts, const float* column_factors) {
  weights(tile, scale, shift, row_shifts, row_factors, column_shifts, column_factors);
}
void weights_double(const PairTile<double>& tile, double scale, double shift, const double* row_shifts,
                    const double* row_factors, const double* column_shifts, const double* column_factors) {
  weights(tile, scale, shift, row_shifts, row_factors, column_shifts, column_factors);
}
void maxima_float(const PairTile<float>& tile, float scale, float* row_maxima, float* column_maxima) {
  maxima(tile, scale, row_maxima, column_maxima);
}
void maxima_double(const PairTile<double>& tile, double scale, double* row_maxima, double* column_maxima) {
  maxima(tile, scale, row_maxima, column_maxima);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(sums_float);
HWY_EXPORT(sums_double);
HWY_EXPORT(weights_float);
HWY_EXPORT(weights_double);
HWY_EXPORT(maxima_float);
HWY_EXPORT(maxima_double);
}  // namespace

void softmax_sums(const PairTile<float>& tile, float scale, float shift, float* row_sums, float* column_sums,
                  bool store) {
  HWY_DYNAMIC_DISPATCH(sums_float)(tile, scale, shift, nullptr, nullptr, row_sums, column_sums, store);
}
void softmax_sums(const PairTile<double>& tile, double scale, double shift, double* row_sums, double* column_sums,
                  bool store) {
  HWY_DYNAMIC_DISPATCH(sums_double)(tile, scale, shift, nullptr, nullptr, row_sums, column_sums, store);
}
void softmax_weights(const PairTile<float>& tile, float scale, float shift, const float* row_factors,
                     const float* column_factors) {
  HWY_DYNAMIC_DISPATCH(weights_float)(tile, scale, shift, nullptr, row_factors, nullptr, column_factors);
}
void softmax_weights(const PairTile<double>& tile, double scale, double shift, const double* row_factors,
                     const double* column_factors) {
  HWY_DYNAMIC_DISPATCH(weights_double)(tile, scale, shift, nullptr, row_factors, nullptr, column_factors);
}
void softmax_maxima(const PairTile<float>& tile, float scale, float* row_maxima, float* column_maxima) {
  HWY_DYNAMIC_DISPATCH(maxima_float)(tile, scale, row_maxima, column_maxima);
}
void softmax_maxima(const PairTile<double>& tile, double scale, double* row_maxima, double* column_maxima) {
  HWY_DYNAMIC_DISPATCH(maxima_double)(tile, scale, row_maxima, column_maxima);
}
void softmax_sums_by_row(const PairTile<float>& tile, float scale, const float* row_shifts, const float* column_shifts,
                         float* row_sums, float* column_sums, bool store) {
  HWY_DYNAMIC_DISPATCH(sums_float)(tile, scale, 0, row_shifts, column_shifts, row_sums, column_sums, store);
}
void softmax_sums_by_row(const PairTile<double>& tile, double scale, const double* row_shifts,
                         const double* column_shifts, double* row_sums, double* column_sums, bool store) {
  HWY_DYNAMIC_DISPATCH(sums_double)(tile, scale, 0, row_shifts, column_shifts, row_sums, column_sums, store);
}
void softmax_weights_by_row(const PairTile<float>& tile, float scale, const float* row_shifts, const float* row_factors,
                            const float* column_shifts, const float* column_factors) {
  HWY_DYNAMIC_DISPATCH(weights_float)(tile, scale, 0, row_shifts, row_factors, column_shifts, column_factors);
}
void softmax_weights_by_row(const PairTile<double>& tile, double scale, const double* row_shifts,
                            const double* row_factors, const double* column_shifts, const double* column_factors) {
  HWY_DYNAMIC_DISPATCH(weights_double)(tile, scale, 0, row_shifts, row_factors, column_shifts, column_factors);
}

}  // namespace kindred
#endif
