// SPDX-License-Identifier: Apache-2.0
// Rows as the pair kernels read them: in panels, cut into tiles, with their codes. Internal to ops/.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kindred/kernels/pair_tile.h"
#include "kindred/ops/tile_schedule.h"
#include "kindred/ops/unit_rows.h"

namespace kindred {

template <class T>
class PairRows {
 public:
  // codes may be undefined.
  PairRows(const at::Tensor& x, const at::Tensor& codes)
      : rows_(in_padded_layout(x.detach())),
        dims_(x.size(1)),
        tiling_(even_tiling(x.size(0), kTileRows, panel_width<T>())),
        panels_(at::empty({tiling_.count() * panels_size<T>(tiling_.rows, dims_)}, x.options())) {
    if (codes.defined()) {
      codes_ = at::zeros({padded(tiling_.n)}, x.options());
      codes_.narrow(0, 0, tiling_.n).copy_(codes);
    }
    at::parallel_for(0, tiling_.count(), 1, [&](int64_t from, int64_t to) {
      for (int64_t t = from; t < to; ++t)
        pack_panels(row(tiling_.begin(t)), stride(), tiling_.size(t), dims_, panels_.data_ptr<T>() + panels_at(t));
    });
  }

  const Tiling& tiling() const { return tiling_; }
  int64_t count() const { return tiling_.n; }
  int64_t dims() const { return dims_; }
  int64_t stride() const { return rows_.stride(0); }
  const T* row(int64_t i) const { return rows_.data_ptr<T>() + i * stride(); }
  const T* tile_rows(int64_t tile) const { return row(tiling_.begin(tile)); }
  const T* panels(int64_t tile) const { return panels_.data_ptr<T>() + panels_at(tile); }
  const T* codes(int64_t tile) const { return codes_.defined() ? codes_.data_ptr<T>() + tiling_.begin(tile) : nullptr; }
  // Numbers for each row, with room for the kernels to read a tile's width beyond the last.
  static int64_t padded(int64_t n) { return n + kTileRows; }

 private:
  int64_t panels_at(int64_t tile) const { return tile * panels_size<T>(tiling_.rows, dims_); }

  at::Tensor rows_;
  int64_t dims_;
  Tiling tiling_;
  at::Tensor panels_, codes_;
};

// One tile of similarities and the sums of its rows and columns for each thread.
template <class T>
class TileScratch {
 public:
  explicit TileScratch(const at::Tensor& like)
      : memory_(at::empty({at::get_num_threads(), kTileRows * (kTileRows + 4)}, like.options())) {}
  T* tile() const { return memory_.data_ptr<T>() + at::get_thread_num() * memory_.size(1); }
  T* sums(int64_t which) const { return tile() + kTileRows * (kTileRows + which); }  // 4 of [kTileRows]

 private:
  at::Tensor memory_;
};

// Runs body(pair) for each pair of a round, on several threads.
template <class Body>
void run_round(const std::vector<TilePair>& round, const Body& body) {
  at::parallel_for(0, static_cast<int64_t>(round.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t p = from; p < to; ++p) body(round[static_cast<size_t>(p)]);
  });
}

}  // namespace kindred
