// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/panel_products.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

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

// body(row, column, s): the products of a pair of tiles of rows, each pair on some thread.
template <class T, class Body>
void over_tiles(const PanelMatrix<T>& a, const PanelMatrix<T>& b, const at::Tensor& like, bool upper, const Body& body) {
  const TileScratch<T> scratch(like);
  const int64_t rows = a.tiling().count(), columns = b.tiling().count();
  at::parallel_for(0, rows * columns, 1, [&](int64_t from, int64_t to) {
    for (int64_t task = from; task < to; ++task) {
      const int64_t i = task / columns, j = task % columns;
      if (upper && j < i) continue;
      tile_product(a.tile(i), a.tiling().size(i), b.tile(j), b.tiling().size(j), a.depth(), scratch.tile());
      body(i, j, scratch.tile());
    }
  });
}

template <class T>
at::Tensor columns_by_columns(const at::Tensor& x, const at::Tensor& y, bool same) {
  const PanelMatrix<T> a(x, true);
  const at::Tensor out = at::empty({x.size(1), y.size(1)}, x.options());
  const int64_t width = out.size(1);
  const auto store = [&](const PanelMatrix<T>& b) {
    over_tiles(a, b, x, same, [&](int64_t i, int64_t j, const T* s) {
      T* to = out.data_ptr<T>() + a.tiling().begin(i) * width + b.tiling().begin(j);
      for (int64_t r = 0; r < a.tiling().size(i); ++r)
        std::copy(s + r * kTileRows, s + r * kTileRows + b.tiling().size(j), to + r * width);
      if (!same || i == j) return;
      T* mirror = out.data_ptr<T>() + b.tiling().begin(j) * width + a.tiling().begin(i);
      for (int64_t c = 0; c < b.tiling().size(j); ++c)
        for (int64_t r = 0; r < a.tiling().size(i); ++r) mirror[c * width + r] = s[r * kTileRows + c];
    });
  };
  if (same) store(a);
  else store(PanelMatrix<T>(y, true));
  return out;
}

template <class T>
void add_rows(const at::Tensor& x, const at::Tensor& y, bool transposed, at::Tensor& out) {
  const PanelMatrix<T> a(x, false), b(y, transposed);
  const int64_t width = out.size(1);
  over_tiles(a, b, x, false, [&](int64_t i, int64_t j, const T* s) {
    T* to = out.data_ptr<T>() + a.tiling().begin(i) * width + b.tiling().begin(j);
    for (int64_t r = 0; r < a.tiling().size(i); ++r)
      for (int64_t c = 0; c < b.tiling().size(j); ++c) to[r * width + c] += s[r * kTileRows + c];
  });
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
void add_row_products(const at::Tensor& a, const at::Tensor& b, at::Tensor& out) {
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "add_row_products", [&] { add_rows<scalar_t>(a, b, false, out); });
}
void add_products(const at::Tensor& a, const at::Tensor& b, at::Tensor& out) {
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "add_products", [&] { add_rows<scalar_t>(a, b, true, out); });
}

}  // namespace kindred
