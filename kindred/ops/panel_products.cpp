// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/panel_products.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <vector>

#include "kindred/kernels/column_moments.h"
#include "kindred/kernels/pair_tile.h"
#include "kindred/kernels/strip_product.h"
#include "kindred/ops/tile_schedule.h"

namespace kindred {
namespace {

// Contiguous rows, and a number of type T for each column.
at::Tensor with_rows(const at::Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); }
at::Tensor in_type_of(const at::Tensor& x, const at::Tensor& numbers) {
  return numbers.to(x.scalar_type()).contiguous();
}

// The factors of a product: the rows of x, or its columns.
template <class T>
struct Side {
  Side(const ScaledColumns& given, bool columns)
      : x(with_rows(given.x)), scale(in_type_of(x, given.scale)), shift(in_type_of(x, given.shift)), turned(columns) {}
  int64_t count() const { return x.size(turned ? 1 : 0); }
  int64_t depth() const { return x.size(turned ? 0 : 1); }
  // Rows [begin, begin + n), dimensions [from, to), `width` side by side.
  void pack(int64_t begin, int64_t n, int64_t from, int64_t to, int64_t width, T* out) const {
    const int64_t row = turned ? from : begin, column = turned ? begin : from;
    const T* const data = x.data_ptr<T>() + row * x.stride(0) + column;
    const T *by = scale.data_ptr<T>() + column, *plus = shift.data_ptr<T>() + column;
    if (turned) pack_columns(data, x.stride(0), n, to - from, by, plus, width, out);
    else pack_rows(data, x.stride(0), n, to - from, by, plus, width, out);
  }

  at::Tensor x, scale, shift;
  bool turned;
};

// The left side is packed as it is met, a stretch of the depth at a time; so many tiles that some threads can share them out,
// and the same for any number.
template <class T>
Tiling strip_tiling(int64_t n) {
  constexpr int64_t kShares = 4;
  const int64_t full = (n + kTileRows - 1) / kTileRows, tiles = (full + kShares - 1) / kShares * kShares;
  const int64_t rows = (n + tiles - 1) / tiles, unit = strip_width();
  return {.n = n, .rows = (rows + unit - 1) / unit * unit};
}

// The right side in panels, all of it.
template <class T>
class Panels {
 public:
  explicit Panels(const Side<T>& side)
      : depth_(side.depth()), tiling_(even_tiling(side.count(), kTileRows, panel_width<T>())) {
    panels_ = at::empty({tiling_.count() * panels_size<T>(tiling_.rows, depth_)}, side.x.options());
    at::parallel_for(0, tiling_.count(), 1, [&](int64_t from, int64_t to) {
      for (int64_t t = from; t < to; ++t)
        side.pack(tiling_.begin(t), tiling_.size(t), 0, depth_, panel_width<T>(), mutable_tile(t));
    });
  }
  // Element (i, i) for all i.
  void set_diagonal(const at::Tensor& numbers) {
    const at::Tensor given = in_type_of(panels_, numbers);
    const int64_t width = panel_width<T>();
    for (int64_t i = 0; i < tiling_.n; ++i) {
      const int64_t within = i % tiling_.rows;
      mutable_tile(i / tiling_.rows)[within / width * width * depth_ + i * width + within % width] =
          given.data_ptr<T>()[i];
    }
  }
  const Tiling& tiling() const { return tiling_; }
  int64_t depth() const { return depth_; }
  const T* tile(int64_t t) const { return panels_.data_ptr<T>() + t * panels_size<T>(tiling_.rows, depth_); }

 private:
  T* mutable_tile(int64_t t) { return panels_.data_ptr<T>() + t * panels_size<T>(tiling_.rows, depth_); }
  int64_t depth_;
  Tiling tiling_;
  at::Tensor panels_;
};

// The products of rows [row, row + rows) and [column, column + columns) of the two sides.
template <class T>
struct Block {
  int64_t tile, row, rows;  // of the left side
  int64_t other, column, columns;
  T* s;  // [rows, kTileRows], the receiver's to change
};

// body(block) for every pair of tiles, each on one thread. upper: without what is below the diagonal in whole panels.
// A stretch of the left tile stays in the second-level cache while it meets the tiles of the right side; the sums of those
// that it meets wait for the next stretch.
template <class T, class Body>
void over_blocks(const Side<T>& a, const Tiling& left, const Panels<T>& b, bool upper, const Body& body) {
  constexpr int64_t kStretch = 1056, kTogether = 9;  // dimensions; tiles of b in a task
  const int64_t depth = a.depth(), rows = left.count(), columns = b.tiling().count(), threads = at::get_num_threads();
  const int64_t fewest = (columns + kTogether - 1) / kTogether, wanted = (2 * threads + rows - 1) / rows;
  const int64_t together = (columns + std::max(fewest, wanted) - 1) / std::max(fewest, wanted);
  const int64_t groups = (columns + together - 1) / together;
  constexpr int64_t kTile = kTileRows * kTileRows;
  const int64_t strips = kTileRows * std::min(depth, kStretch), size = (strips + together * kTile + 15) / 16 * 16;
  const at::Tensor scratch = at::empty({threads * size}, a.x.options());
  at::parallel_for(0, rows * groups, 1, [&](int64_t begin, int64_t end) {
    T* const sums = scratch.data_ptr<T>() + at::get_thread_num() * size;
    T* const packed = sums + together * kTile;
    for (int64_t task = begin; task < end; ++task) {
      // The first and the last in turn: of a triangle, each share has as much.
      const int64_t turn = task / groups, i = !upper ? turn : turn % 2 == 0 ? turn / 2 : rows - 1 - turn / 2;
      const int64_t first = task % groups * together, row = left.begin(i), most = left.size(i);
      for (int64_t from = 0; from < depth; from += kStretch) {
        const int64_t to = std::min(depth, from + kStretch);
        bool packed_yet = false;
        for (int64_t j = first; j < std::min(columns, first + together); ++j) {
          const int64_t width = panel_width<T>(), column = b.tiling().begin(j);
          const int64_t below = upper ? std::clamp<int64_t>((row - column) / width * width, 0, b.tiling().size(j)) : 0;
          if (below == b.tiling().size(j)) continue;
          if (!packed_yet) a.pack(row, most, from, to, strip_width(), packed), packed_yet = true;
          const Block<T> block{i, row, most, j, column + below, b.tiling().size(j) - below, sums + (j - first) * kTile};
          strip_product(packed, most, to - from, b.tile(j) + below * b.depth(), block.columns, b.depth(), from,
                        from > 0, block.s);
          if (to == depth) body(block);
        }
      }
    }
  });
}

// Where the blocks of a^T b go.
template <class T>
class Products {
 public:
  Products(const Tiling& left, const Tiling& right, double factor, bool same, const at::Tensor& like)
      : factor_(static_cast<T>(factor)),
        same_(same),
        off_(at::empty({left.n, right.n}, like.options())),
        diagonal_(at::empty({left.n}, like.options().dtype(at::kDouble))),
        by_row_(at::zeros({right.count(), left.n}, diagonal_.options())),
        by_column_(at::zeros({left.count(), right.n}, diagonal_.options())) {}

  // On any thread, once for each block.
  void store(const Block<T>& block) const {
    // same: columns before the left tile's are the mirror of other blocks, those behind it have a mirror.
    const int64_t skip = same_ ? std::max<int64_t>(0, block.row - block.column) : 0;
    const int64_t behind = same_ ? std::max<int64_t>(0, block.row + block.rows - block.column) : 0;
    T columns[kTileRows] = {};
    for (int64_t r = 0; r < block.rows; ++r) {
      T* const s = block.s + r * kTileRows;
      for (int64_t c = skip; c < block.columns; ++c) s[c] *= factor_;
      const int64_t i = block.row + r, at = i - block.column;
      if (at >= skip && at < block.columns) diagonal_.data_ptr<double>()[i] = static_cast<double>(s[at]), s[at] = 0;
      std::copy(s + skip, s + block.columns, off_.data_ptr<T>() + i * off_.size(1) + block.column + skip);
      by_row_.data_ptr<double>()[block.other * by_row_.size(1) + i] = square_sum(s + skip, block.columns - skip);
      for (int64_t c = behind; c < block.columns; ++c) columns[c] += s[c] * s[c];
    }
    double* const sums = by_column_.data_ptr<double>() + block.tile * by_column_.size(1) + block.column;
    for (int64_t c = behind; c < block.columns; ++c) sums[c] = static_cast<double>(columns[c]);
    if (same_) mirror(block, behind);
  }
  ColumnProducts take() const {
    const at::Tensor rows = by_row_.sum(0), columns = by_column_.sum(0);
    if (!same_) return {off_, diagonal_, rows, columns};
    return {off_, diagonal_, rows + columns, rows + columns};
  }

 private:
  static double square_sum(const T* x, int64_t n) {
    constexpr int64_t kLanes = 16;
    T sums[kLanes] = {};
    int64_t c = 0;
    for (; c + kLanes <= n; c += kLanes)
      for (int64_t k = 0; k < kLanes; ++k) sums[k] += x[c + k] * x[c + k];
    for (; c < n; ++c) sums[0] += x[c] * x[c];
    double all = 0;
    for (const T sum : sums) all += static_cast<double>(sum);
    return all;
  }
  void mirror(const Block<T>& block, int64_t behind) const {
    const int64_t width = off_.size(1);
    for (int64_t c = behind; c < block.columns; ++c) {
      T* const to = off_.data_ptr<T>() + (block.column + c) * width + block.row;
      for (int64_t r = 0; r < block.rows; ++r) to[r] = block.s[r * kTileRows + c];
    }
  }

  T factor_;
  bool same_;
  at::Tensor off_, diagonal_, by_row_, by_column_;
};

template <class T>
ColumnProducts columns_by_columns(const ScaledColumns& x, const ScaledColumns& y, double factor, bool same) {
  const Side<T> a(x, true);
  const Panels<T> b(same ? a : Side<T>(y, true));
  const Tiling left = strip_tiling<T>(a.count());
  const Products<T> out(left, b.tiling(), factor, same, a.x);
  over_blocks(a, left, b, same, [&](const Block<T>& block) { out.store(block); });
  return out.take();
}

template <class T>
at::Tensor rows_by_mixing(const ScaledColumns& given, const Mixing& mixing, const at::Tensor& by, const Addend& plus) {
  const Side<T> a(given, false);
  const at::Tensor factor = at::full({mixing.off.size(1)}, mixing.factor, a.x.options());
  Panels<T> b(Side<T>({mixing.off, factor, at::zeros_like(factor)}, !mixing.transposed));
  b.set_diagonal(mixing.diagonal);
  const at::Tensor x = with_rows(plus.x), less = plus.less.defined() ? with_rows(plus.less) : at::Tensor();
  const at::Tensor scales = in_type_of(x, by), factors = in_type_of(x, plus.factors),
                   constants = in_type_of(x, plus.constants), out = at::empty(x.sizes(), x.options());
  constexpr size_t kLarge = 16 << 20;
  over_blocks(a, strip_tiling<T>(a.count()), b, false, [&](const Block<T>& block) {
    const int64_t k = block.column;
    const auto at = [&](const at::Tensor& m) { return m.data_ptr<T>() + block.row * m.stride(0) + k; };
    finish_rows(block.s, block.rows, block.columns,
                {.by = scales.data_ptr<T>() + k,
                 .factors = factors.data_ptr<T>() + k,
                 .constants = constants.data_ptr<T>() + k,
                 .x = at(x),
                 .less = less.defined() ? at(less) : nullptr,
                 .x_stride = x.stride(0),
                 .less_stride = less.defined() ? less.stride(0) : 0,
                 .out = at(out),
                 .out_stride = out.stride(0),
                 .past_caches = out.nbytes() > kLarge});
  });
  return out;
}

// Sums of blocks of rows in T, of the blocks in double; less the first row, so that a large mean costs no digits.
template <class T>
ColumnMoments moments(const at::Tensor& given) {
  const at::Tensor x = given.stride(1) == 1 ? given : given.contiguous();
  constexpr int64_t kRows = 256, kColumns = 1024;
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

ColumnProducts column_products(const ScaledColumns& a, const ScaledColumns& b, double factor) {
  return AT_DISPATCH_FLOATING_TYPES(a.x.scalar_type(), "column_products",
                                    [&] { return columns_by_columns<scalar_t>(a, b, factor, false); });
}
ColumnProducts column_products(const ScaledColumns& a, double factor) {
  return AT_DISPATCH_FLOATING_TYPES(a.x.scalar_type(), "column_products",
                                    [&] { return columns_by_columns<scalar_t>(a, a, factor, true); });
}
at::Tensor mixed_columns(const ScaledColumns& a, const Mixing& mixing, const at::Tensor& by, const Addend& plus) {
  return AT_DISPATCH_FLOATING_TYPES(a.x.scalar_type(), "mixed_columns",
                                    [&] { return rows_by_mixing<scalar_t>(a, mixing, by, plus); });
}
ColumnMoments column_moments_of(const at::Tensor& x) {
  return AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "column_moments", [&] { return moments<scalar_t>(x); });
}

}  // namespace kindred
