// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/panel_products.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "kindred/kernels/column_moments.h"
#include "kindred/kernels/pair_tile.h"
#include "kindred/ops/pair_rows.h"
#include "kindred/ops/tile_schedule.h"

namespace kindred {
namespace {

// Rows of a matrix, or of its transpose, in panels and cut into tiles.
template <class T>
class PanelMatrix {
 public:
  // transposed: the columns of x are the rows.
  PanelMatrix(const at::Tensor& matrix, bool transposed) {
    const at::Tensor x = matrix.stride(1) == 1 ? matrix : matrix.contiguous();
    depth_ = transposed ? x.size(0) : x.size(1);
    tiling_ = even_tiling(transposed ? x.size(1) : x.size(0), kTileRows, panel_width<T>());
    panels_ = at::empty({tiling_.count() * panels_size<T>(tiling_.rows, depth_)}, x.options());
    at::parallel_for(0, tiling_.count(), 1, [&](int64_t from, int64_t to) {
      for (int64_t t = from; t < to; ++t) {
        const int64_t begin = tiling_.begin(t);
        T* out = panels_.data_ptr<T>() + t * panels_size<T>(tiling_.rows, depth_);
        if (transposed) pack_columns(x.data_ptr<T>() + begin, x.stride(0), tiling_.size(t), depth_, out);
        else pack_panels(x.data_ptr<T>() + begin * x.stride(0), x.stride(0), tiling_.size(t), depth_, out);
      }
    });
  }
  const Tiling& tiling() const { return tiling_; }
  int64_t depth() const { return depth_; }
  const T* tile(int64_t t) const { return panels_.data_ptr<T>() + t * panels_size<T>(tiling_.rows, depth_); }

 private:
  Tiling tiling_;
  int64_t depth_;
  at::Tensor panels_;
};

// Part of the products of a pair of tiles of rows: over a stretch of the depth.
template <class T>
struct TilePart {
  int64_t row, column;
  const T* s;
  bool first, last;  // stretch
};

// body(part) for every pair of tiles, each pair on one thread, its stretches in order. A stretch of a's tile stays in the
// second-level cache while it meets the tiles of b.
template <class T, class Body>
void over_tiles(const PanelMatrix<T>& a, const PanelMatrix<T>& b, const at::Tensor& like, bool upper,
                const Body& body) {
  constexpr int64_t kStretch = 1024, kTogether = 5;  // dimensions; tiles of b in a task
  const TileScratch<T> scratch(like);
  const int64_t rows = a.tiling().count(), columns = b.tiling().count(), depth = a.depth();
  const int64_t groups = (columns + kTogether - 1) / kTogether;
  at::parallel_for(0, rows * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t i = task / groups, first = task % groups * kTogether;
      for (int64_t from = 0; from < depth; from += kStretch) {
        const int64_t to = std::min(depth, from + kStretch);
        for (int64_t j = upper ? std::max(first, i) : first; j < std::min(columns, first + kTogether); ++j) {
          tile_product(a.tile(i), a.tiling().size(i), b.tile(j), b.tiling().size(j), depth, from, to, scratch.tile());
          body(TilePart<T>{i, j, scratch.tile(), from == 0, to == depth});
        }
      }
    }
  });
}

template <class T>
at::Tensor columns_by_columns(const at::Tensor& x, const at::Tensor& y, bool same) {
  const PanelMatrix<T> a(x, true);
  const at::Tensor out = at::empty({x.size(1), y.size(1)}, x.options());
  const int64_t width = out.size(1);
  const auto store = [&](const PanelMatrix<T>& b) {
    over_tiles(a, b, x, same, [&](const TilePart<T>& part) {
      const int64_t rows = a.tiling().size(part.row), columns = b.tiling().size(part.column);
      T* to = out.data_ptr<T>() + a.tiling().begin(part.row) * width + b.tiling().begin(part.column);
      for (int64_t r = 0; r < rows; ++r) {
        const T* s = part.s + r * kTileRows;
        T* row = to + r * width;
        if (part.first) std::copy(s, s + columns, row);
        else
          for (int64_t c = 0; c < columns; ++c) row[c] += s[c];
      }
      if (!same || !part.last || part.row == part.column) return;
      T* mirror = out.data_ptr<T>() + b.tiling().begin(part.column) * width + a.tiling().begin(part.row);
      for (int64_t c = 0; c < columns; ++c)
        for (int64_t r = 0; r < rows; ++r) mirror[c * width + r] = to[r * width + c];
    });
  };
  if (same) store(a);
  else store(PanelMatrix<T>(y, true));
  return out;
}

template <class T>
at::Tensor rows_by_rows(const at::Tensor& x, const at::Tensor& y, bool transposed, const at::Tensor& given,
                        const at::Tensor& factors) {
  const PanelMatrix<T> a(x, false), b(y, transposed);
  const at::Tensor plus = given.contiguous(), by = factors.to(plus.scalar_type()).contiguous();
  const at::Tensor out = at::empty(plus.sizes(), plus.options());
  const int64_t width = out.size(1);
  over_tiles(a, b, x, false, [&](const TilePart<T>& part) {
    const int64_t from = b.tiling().begin(part.column), count = b.tiling().size(part.column);
    const int64_t at = a.tiling().begin(part.row) * width + from;
    const T *more = plus.data_ptr<T>() + at, *factor = by.data_ptr<T>() + from;
    T* to = out.data_ptr<T>() + at;
    for (int64_t r = 0; r < a.tiling().size(part.row); ++r, to += width, more += width) {
      const T* s = part.s + r * kTileRows;
      if (part.first)
        for (int64_t c = 0; c < count; ++c) to[c] = s[c] + more[c] * factor[c];
      else
        for (int64_t c = 0; c < count; ++c) to[c] += s[c];
    }
  });
  return out;
}

// Sums of blocks of rows in T, of the blocks in double; less the first row, so that a large mean costs no digits.
template <class T>
ColumnMoments moments(const at::Tensor& given) {
  const at::Tensor x = given.stride(1) == 1 ? given : given.contiguous();
  constexpr int64_t kRows = 256, kColumns = 512;
  const int64_t n = x.size(0), dims = x.size(1), columns = (dims + kColumns - 1) / kColumns;
  const ColumnMoments out{at::empty({dims}, x.options().dtype(at::kDouble)),
                          at::empty({dims}, x.options().dtype(at::kDouble))};
  at::parallel_for(0, columns, 1, [&](int64_t from, int64_t to) {
    std::vector<T> sum(kColumns), square(kColumns);
    for (int64_t k = from * kColumns; k < std::min(dims, to * kColumns); k += kColumns) {
      const int64_t count = std::min(kColumns, dims - k);
      const T* shift = x.data_ptr<T>() + k;
      std::vector<double> sums(static_cast<size_t>(count)), squares(static_cast<size_t>(count));
      for (int64_t i = 0; i < n; i += kRows) {
        column_moments(shift + i * x.stride(0), x.stride(0), std::min(kRows, n - i), count, shift, sum.data(),
                       square.data());
        for (size_t c = 0; c < sums.size(); ++c)
          sums[c] += static_cast<double>(sum[c]), squares[c] += static_cast<double>(square[c]);
      }
      for (size_t c = 0; c < sums.size(); ++c) {
        out.mean.data_ptr<double>()[k + static_cast<int64_t>(c)] =
            static_cast<double>(shift[c]) + sums[c] / static_cast<double>(n);
        out.squares.data_ptr<double>()[k + static_cast<int64_t>(c)] =
            std::max(0.0, squares[c] - sums[c] * sums[c] / static_cast<double>(n));
      }
    }
  });
  return out;
}

}  // namespace

at::Tensor column_products(const at::Tensor& a, const at::Tensor& b) {
  return AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "column_products",
                                    [&] { return columns_by_columns<scalar_t>(a, b, false); });
}
at::Tensor column_products(const at::Tensor& a) {
  return AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "column_products",
                                    [&] { return columns_by_columns<scalar_t>(a, a, true); });
}
at::Tensor row_products_plus(const at::Tensor& a, const at::Tensor& b, const at::Tensor& x, const at::Tensor& factors) {
  return AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "row_products_plus",
                                    [&] { return rows_by_rows<scalar_t>(a, b, false, x, factors); });
}
at::Tensor products_plus(const at::Tensor& a, const at::Tensor& b, const at::Tensor& x, const at::Tensor& factors) {
  return AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "products_plus",
                                    [&] { return rows_by_rows<scalar_t>(a, b, true, x, factors); });
}
ColumnMoments column_moments_of(const at::Tensor& x) {
  return AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "column_moments", [&] { return moments<scalar_t>(x); });
}

}  // namespace kindred
