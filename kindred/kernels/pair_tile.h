// SPDX-License-Identifier: Apache-2.0
// Products between tiles of rows: S = X_I X_J^T for a block of pairs, and the way back, out += W X_J and out += W^T X_I.
//
// NOTE [Panels] The first product reads rows in panels: panel_width() rows side by side, element (row r, dimension k) of a
// panel at k * panel_width() + r, rows beyond the last are 0. One form serves both sides of the product. The way back reads
// rows as they are, row-major with a stride (padded_stride()), 0 between dims and padded_dims().
//
// Accumulation is in T, in one order for any number of threads; targets differ in the last bits. Callers own all memory.
#pragma once

#include <cstdint>

namespace kindred {

constexpr int64_t kTileRows = 240;  // most rows on each side of a tile; a multiple of every panel width

// Rows in a panel on this machine: 48, 24 or 12.
template <class T>
int64_t panel_width();

// dims rounded up to whole vectors.
template <class T>
int64_t padded_dims(int64_t dims);
// A stride >= padded_dims whose cache lines are odd in number, so that equal columns of many rows do not share a cache set.
template <class T>
int64_t padded_stride(int64_t dims);
// Rows to allocate for n rows that tile_rows_back() adds to: it works on whole groups of 8.
inline int64_t padded_rows(int64_t n) { return (n + 7) / 8 * 8; }

// Numbers in the panels of n rows.
template <class T>
int64_t panels_size(int64_t n, int64_t dims) {
  const int64_t width = panel_width<T>();
  return (n + width - 1) / width * width * dims;
}
// Rows [begin, begin + n) of x as panels. n > 0. Overwrites panels_size(n, dims) numbers.
void pack_panels(const float* x, int64_t stride, int64_t n, int64_t dims, float* panels);
void pack_panels(const double* x, int64_t stride, int64_t n, int64_t dims, double* panels);

// s[i * kTileRows + j] = <a_i, b_j> for i < a_rows, j < b_rows (both <= kTileRows); rows and columns up to the next multiple
// of 8 and of the panel width are overwritten too. s: [kTileRows, kTileRows], 64-byte aligned.
void tile_product(const float* a, int64_t a_rows, const float* b, int64_t b_rows, int64_t dims, float* s);
void tile_product(const double* a, int64_t a_rows, const double* b, int64_t b_rows, int64_t dims, double* s);
// The same over dimensions [from, to) alone.
void tile_product(const float* a, int64_t a_rows, const float* b, int64_t b_rows, int64_t dims, int64_t from,
                  int64_t to, float* s);
void tile_product(const double* a, int64_t a_rows, const double* b, int64_t b_rows, int64_t dims, int64_t from,
                  int64_t to, double* s);

// out[i, :] += sum_j w[i, j] x[j, :], or with transposed: out[j, :] += sum_i w[i, j] x[i, :]. rows, columns: of w.
// REQUIRES w to be 0 in rows (columns) between the last and the next multiple of 8 of the side that out belongs to; x and out
// with padded_dims() numbers in a row, aligned to a vector.
void tile_back(const float* w, int64_t rows, int64_t columns, bool transposed, const float* x, int64_t stride,
               int64_t dims, float* out, int64_t out_stride);
void tile_back(const double* w, int64_t rows, int64_t columns, bool transposed, const double* x, int64_t stride,
               int64_t dims, double* out, int64_t out_stride);

}  // namespace kindred
