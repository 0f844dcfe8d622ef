// SPDX-License-Identifier: Apache-2.0
// What a softmax over pairs does with one tile of similarities: sums of exponentials by row and by column, and the weights
// of the way back. u = scale * s throughout.
//
// Two forms. With one shift for all: exact as long as |u| <= pair_shift_limit() for every pair, one exponential a pair.
// With a shift for each row and column (their maxima so far, later their log-sum-exps): any u, one exponential a pair and
// direction. A pair that is not kept, and one with s = -inf, counts as 0; so does a NaN among similarities: callers refuse
// rows that are not finite.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kindred/kernels/pair_tile.h"

namespace kindred {

// Which pairs are kept: by their codes, small whole numbers held as T.
enum class PairKeep { kAll, kDifferent, kSame };

// rows x columns similarities at s[i * kTileRows + j]; rows, columns <= kTileRows.
template <class T>
struct PairTile {
  T* s;
  int64_t rows, columns;
  PairKeep keep = PairKeep::kAll;
  const T *row_codes = nullptr, *column_codes = nullptr;  // unless kAll
};

// Zeroes what tile_back() reads beyond the last row and column.
template <class T>
void clear_rest(const PairTile<T>& tile) {
  const int64_t rows = padded_rows(tile.rows), columns = padded_rows(tile.columns);
  for (int64_t i = 0; i < tile.rows; ++i)
    std::fill(tile.s + i * kTileRows + tile.columns, tile.s + i * kTileRows + columns, T{0});
  for (int64_t i = tile.rows; i < rows; ++i) std::fill(tile.s + i * kTileRows, tile.s + i * kTileRows + columns, T{0});
}

// |u| up to here may go with one shift: e^(2 u) is still a normal number.
template <class T>
constexpr double pair_shift_limit() {
  return sizeof(T) == 4 ? 40.0 : 300.0;
}

// row_sums[i] = sum_j e^(u_ij - shift), column_sums[j] the sum over i; both overwritten, column_sums may be null.
// store (without column_sums): s becomes e^(u - shift), 0 where dropped, and 0 in the rest of the last group of 8 rows and
// columns.
void softmax_sums(const PairTile<float>& tile, float scale, float shift, float* row_sums, float* column_sums,
                  bool store);
void softmax_sums(const PairTile<double>& tile, double scale, double shift, double* row_sums, double* column_sums,
                  bool store);

// s becomes e^(u - shift) (row_factors[i] + column_factors[j]); column_factors may be null (0). Rows and columns up to the
// next multiple of 8 become 0.
void softmax_weights(const PairTile<float>& tile, float scale, float shift, const float* row_factors,
                     const float* column_factors);
void softmax_weights(const PairTile<double>& tile, double scale, double shift, const double* row_factors,
                     const double* column_factors);

// The largest u of each row and column, -inf where nothing is kept; column_maxima may be null.
void softmax_maxima(const PairTile<float>& tile, float scale, float* row_maxima, float* column_maxima);
void softmax_maxima(const PairTile<double>& tile, double scale, double* row_maxima, double* column_maxima);

// As softmax_sums, with e^(u_ij - row_shifts[i]) in the rows' sums (and in s) and e^(u_ij - column_shifts[j]) in the
// columns'. REQUIRES shifts >= every kept u of theirs; -inf where nothing is kept.
void softmax_sums_by_row(const PairTile<float>& tile, float scale, const float* row_shifts, const float* column_shifts,
                         float* row_sums, float* column_sums, bool store);
void softmax_sums_by_row(const PairTile<double>& tile, double scale, const double* row_shifts,
                         const double* column_shifts, double* row_sums, double* column_sums, bool store);

// s becomes e^(u_ij - row_shifts[i]) row_factors[i] + e^(u_ij - column_shifts[j]) column_factors[j], as softmax_weights.
void softmax_weights_by_row(const PairTile<float>& tile, float scale, const float* row_shifts, const float* row_factors,
                            const float* column_shifts, const float* column_factors);
void softmax_weights_by_row(const PairTile<double>& tile, double scale, const double* row_shifts,
                            const double* row_factors, const double* column_shifts, const double* column_factors);

}  // namespace kindred
