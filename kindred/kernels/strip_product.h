// SPDX-License-Identifier: Apache-2.0
// Products of rows that are too long or too many for one tile's panels: the left side in strips, packed for one stretch of
// the dimensions at a time, the right side in panels (pair_tile.h). What the columns are scaled and shifted by goes into the
// packing.
//
// NOTE [Strips] As a panel, but strip_width() rows side by side: what a block of the inner loop reads lies in one piece.
#pragma once

#include <cstdint>

#include "kindred/kernels/pair_tile.h"

namespace kindred {

// Rows in a strip on this machine: 8 or 4. Divides panel_width().
int64_t strip_width();

// x scale + shift, by column of x. Packed `width` side by side (strip_width() or a multiple, as panel_width() is): element
// (row r, dimension k) of a strip at k * width + r, rows beyond the last are 0.
// Rows of x [n, dims]. n > 0.
void pack_rows(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
               int64_t width, float* out);
void pack_rows(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
               int64_t width, double* out);
// Columns of x [dims, n]: the rows of its transpose.
void pack_columns(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
                  int64_t width, float* out);
void pack_columns(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
                  int64_t width, double* out);

// s[i * kTileRows + j] (+)= <a_i, b_j> over `depth` dimensions: all of a's strips, [from, from + depth) of b's panels, which
// are b_dims long. a_rows, b_rows <= kTileRows; rows up to the next multiple of strip_width() and columns up to the next of
// panel_width() are overwritten too. s: [kTileRows, kTileRows], 64-byte aligned. The panels behind b's are fetched into the
// cache, as if they came next; there need not be any.
void strip_product(const float* a, int64_t a_rows, int64_t depth, const float* b, int64_t b_rows, int64_t b_dims,
                   int64_t from, bool add, float* s);
void strip_product(const double* a, int64_t a_rows, int64_t depth, const double* b, int64_t b_rows, int64_t b_dims,
                   int64_t from, bool add, double* s);

// What becomes of a block of sums: out = s by + (x - less) factors + constants, by column. s: rows kTileRows apart; less:
// null for none. past_caches: out is so large that it leaves the caches before it is read again.
template <class T>
struct Finish {
  const T *by, *factors, *constants;
  const T *x, *less;
  int64_t x_stride, less_stride;
  T* out;
  int64_t out_stride;
  bool past_caches;
};
void finish_rows(const float* s, int64_t rows, int64_t columns, const Finish<float>& finish);
void finish_rows(const double* s, int64_t rows, int64_t columns, const Finish<double>& finish);

}  // namespace kindred
