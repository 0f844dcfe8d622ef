// SPDX-License-Identifier: Apache-2.0
#include <ATen/Dispatch.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "kindred/ops/logsumexp_passes.h"
#include "kindred/ops/pair_rows.h"

namespace kindred {
namespace {

template <class T>
constexpr T kNothing = -std::numeric_limits<T>::infinity();

// The sums of rows (or columns) so far: sum_j e^(u_ij - shift_i).
template <class T>
class RunningSums {
 public:
  // one: the shift of all, or -inf: each row has its own, its largest u so far.
  RunningSums(int64_t n, T one, const at::Tensor& like)
      : n_(n),
        one_(one),
        sums_(static_cast<size_t>(n), 0.0),
        shifts_(at::empty({PairRows<T>::padded(n)}, like.options()).fill_(one)) {}

  T* shifts(int64_t begin) { return shifts_.data_ptr<T>() + begin; }
  // Raises the shifts to these maxima. Returns where a row's sums must be scaled: factors[i], or null if none changed.
  void raise(int64_t begin, int64_t count, const T* maxima, T* factors) {
    T* shift = shifts(begin);
    for (int64_t i = 0; i < count; ++i) {
      factors[i] = 1;
      if (!(maxima[i] > shift[i])) continue;
      factors[i] = std::exp(shift[i] - maxima[i]);  // 0 at first
      sums_[static_cast<size_t>(begin + i)] *= static_cast<double>(factors[i]);
      shift[i] = maxima[i];
    }
  }
  void add(int64_t begin, int64_t count, const T* part) {
    for (int64_t i = 0; i < count; ++i) sums_[static_cast<size_t>(begin + i)] += static_cast<double>(part[i]);
  }
  double sum(int64_t i) const { return sums_[static_cast<size_t>(i)]; }
  double logsumexp(int64_t i) const {
    return sum(i) > 0 ? static_cast<double>(shifts_.data_ptr<T>()[i]) + std::log(sum(i)) : kNothing<double>;
  }
  at::Tensor logsumexps() const {
    const at::Tensor out = at::empty({n_}, shifts_.options().dtype(at::kDouble));
    for (int64_t i = 0; i < n_; ++i) out.data_ptr<double>()[i] = logsumexp(i);
    return out;
  }

 private:
  int64_t n_;
  T one_;
  std::vector<double> sums_;
  at::Tensor shifts_;
};

// One problem: what is compared with what, and how.
template <class T>
struct Pairs {
  const PairRows<T>&rows, &columns;
  bool self;  // rows and columns are one; a row is no pair with itself
  PairScale scale;
  PairKeep keep;
  at::Tensor kept;

  bool one_shift() const { return scale.bound <= pair_shift_limit<T>(); }
  T shift() const { return one_shift() ? static_cast<T>(scale.bound) : kNothing<T>; }
  T factor() const { return static_cast<T>(scale.scale); }

  // The similarities of a pair of tiles, -inf where they are out by place.
  PairTile<T> tile(const TilePair& p, T* s) const {
    const int64_t n = rows.tiling().size(p.row), m = columns.tiling().size(p.column);
    tile_product(rows.panels(p.row), n, columns.panels(p.column), m, rows.dims(), s);
    if (self && p.row == p.column)
      for (int64_t i = 0; i < n; ++i) s[i * kTileRows + i] = kNothing<T>;
    if (kept.defined()) {
      const bool* row =
          kept.template data_ptr<bool>() + rows.tiling().begin(p.row) * kept.size(1) + columns.tiling().begin(p.column);
      for (int64_t i = 0; i < n; ++i, row += kept.size(1))
        for (int64_t j = 0; j < m; ++j)
          if (!row[j]) s[i * kTileRows + j] = kNothing<T>;
    }
    return {s, n, m, keep, rows.codes(p.row), columns.codes(p.column)};
  }
};

template <class T>
Pairs<T> pairs_of(const PairRows<T>& rows, const PairRows<T>& columns, const PairScale& scale, const PairMask& mask) {
  return {rows,  columns,   &rows == &columns,
          scale, mask.keep, mask.kept.defined() ? mask.kept.contiguous() : at::Tensor()};
}

// Adds one tile to the sums of its rows and, where given, of its columns.
template <class T>
void add_tile(const Pairs<T>& pairs, const TilePair& p, RunningSums<T>& rows, RunningSums<T>* columns,
              const TileScratch<T>& scratch) {
  const PairTile<T> tile = pairs.tile(p, scratch.tile());
  const int64_t i = pairs.rows.tiling().begin(p.row), j = pairs.columns.tiling().begin(p.column);
  T *row_sums = scratch.sums(0), *column_sums = columns ? scratch.sums(1) : nullptr;
  if (pairs.one_shift()) {
    softmax_sums(tile, pairs.factor(), pairs.shift(), row_sums, column_sums, false);
  } else {
    T* column_maxima = columns ? scratch.sums(2) : nullptr;
    softmax_maxima(tile, pairs.factor(), row_sums, column_maxima);
    rows.raise(i, tile.rows, row_sums, scratch.sums(3));
    if (columns) columns->raise(j, tile.columns, column_maxima, scratch.sums(3));
    softmax_sums_by_row(tile, pairs.factor(), rows.shifts(i), columns ? columns->shifts(j) : nullptr, row_sums,
                        column_sums, false);
  }
  rows.add(i, tile.rows, row_sums);
  if (columns) columns->add(j, tile.columns, column_sums);
}

// The factors of the weights: of row i scale g_i e^(shift - lse_i) with the one shift, or with lse_i itself as a T: what is
// lost in making it one would be a relative error of the weights where logits are large.
template <class T>
struct RowFactors {
  at::Tensor factors, shifts;  // padded; undefined where this side has no gradient
  const T* factor(int64_t begin) const { return factors.defined() ? factors.data_ptr<T>() + begin : nullptr; }
  const T* shift(int64_t begin) const { return shifts.defined() ? shifts.data_ptr<T>() + begin : nullptr; }
};
template <class T>
RowFactors<T> factors_of(const at::Tensor& lse, const at::Tensor& g, const Pairs<T>& pairs) {
  RowFactors<T> out;
  if (!g.defined()) return out;
  const int64_t n = lse.size(0);
  const auto type = lse.options().dtype(c10::CppTypeToScalarType<T>::value);
  out.factors = at::zeros({PairRows<T>::padded(n)}, type);
  if (!pairs.one_shift()) {
    out.shifts = at::zeros({PairRows<T>::padded(n)}, type);
    out.shifts.narrow(0, 0, n).copy_(lse);
  }
  const at::Tensor weights = g.to(at::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    const double top = lse.data_ptr<double>()[i];
    if (std::isinf(top)) continue;
    const double shift = static_cast<double>(pairs.one_shift() ? pairs.shift() : out.shifts.template data_ptr<T>()[i]);
    out.factors.template data_ptr<T>()[i] =
        static_cast<T>(pairs.scale.scale * weights.data_ptr<double>()[i] * std::exp(shift - top));
  }
  return out;
}

template <class T>
void weigh(const Pairs<T>& pairs, const PairTile<T>& tile, const RowFactors<T>& rows, int64_t i,
           const RowFactors<T>& columns, int64_t j) {
  if (pairs.one_shift()) softmax_weights(tile, pairs.factor(), pairs.shift(), rows.factor(i), columns.factor(j));
  else softmax_weights_by_row(tile, pairs.factor(), rows.shift(i), rows.factor(i), columns.shift(j), columns.factor(j));
}

template <class T>
at::Tensor self_sums(const at::Tensor& z, const PairScale& scale, const PairMask& mask) {
  const PairRows<T> rows(z, mask.row_codes);
  const Pairs<T> pairs = pairs_of(rows, rows, scale, mask);
  const TileScratch<T> scratch(z);
  RunningSums<T> sums(rows.count(), pairs.shift(), z);
  const int64_t tiles = rows.tiling().count();
  for (int64_t r = 0; r < self_rounds(tiles); ++r)
    run_round(self_round(tiles, r),
              [&](const TilePair& p) { add_tile(pairs, p, sums, p.row == p.column ? nullptr : &sums, scratch); });
  return sums.logsumexps();
}

template <class T>
at::Tensor self_gradient(const at::Tensor& z, const at::Tensor& out, const at::Tensor& g, const PairScale& scale,
                         const PairMask& mask) {
  const PairRows<T> rows(z, mask.row_codes);
  const Pairs<T> pairs = pairs_of(rows, rows, scale, mask);
  const RowFactors<T> factors = factors_of(out, g, pairs);
  const TileScratch<T> scratch(z);
  const at::Tensor dz = gradient_layout(rows.count(), rows.dims(), z);
  const auto gradient = [&](int64_t begin) { return dz.data_ptr<T>() + begin * dz.stride(0); };
  const int64_t tiles = rows.tiling().count();
  for (int64_t r = 0; r < self_rounds(tiles); ++r)
    run_round(self_round(tiles, r), [&](const TilePair& p) {
      const PairTile<T> tile = pairs.tile(p, scratch.tile());
      const int64_t i = rows.tiling().begin(p.row), j = rows.tiling().begin(p.column);
      weigh(pairs, tile, factors, i, factors, j);
      tile_back(tile.s, tile.rows, tile.columns, false, rows.row(j), rows.stride(), rows.dims(), gradient(i),
                dz.stride(0));
      if (p.row != p.column)
        tile_back(tile.s, tile.rows, tile.columns, true, rows.row(i), rows.stride(), rows.dims(), gradient(j),
                  dz.stride(0));
    });
  return dz;
}

template <class T>
RowsAndColumns cross_sums(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                          bool columns) {
  const PairRows<T> left(q, mask.row_codes), right(k, mask.column_codes);
  const Pairs<T> pairs = pairs_of(left, right, scale, mask);
  const TileScratch<T> scratch(q);
  RunningSums<T> row_sums(left.count(), pairs.shift(), q), column_sums(right.count(), pairs.shift(), q);
  const int64_t n = left.tiling().count(), m = right.tiling().count();
  for (int64_t r = 0; r < cross_rounds(n, m); ++r)
    run_round(cross_round(n, m, r),
              [&](const TilePair& p) { add_tile(pairs, p, row_sums, columns ? &column_sums : nullptr, scratch); });
  return {row_sums.logsumexps(), columns ? column_sums.logsumexps() : at::Tensor()};
}

template <class T>
CrossGradients cross_gradients(const at::Tensor& q, const at::Tensor& k, const RowsAndColumns& out,
                               const CrossGradients& g, const PairScale& scale, const PairMask& mask, bool wants_q,
                               bool wants_k) {
  const PairRows<T> left(q, mask.row_codes), right(k, mask.column_codes);
  const Pairs<T> pairs = pairs_of(left, right, scale, mask);
  // A side without a gradient of its own has factors 0.
  const auto given = [](const at::Tensor& grad, const at::Tensor& lse) {
    return grad.defined() ? grad : at::zeros_like(lse);
  };
  const RowFactors<T> rows = factors_of(out.rows, given(g.first, out.rows), pairs);
  const RowFactors<T> columns =
      out.columns.defined() ? factors_of(out.columns, given(g.second, out.columns), pairs) : RowFactors<T>();
  const TileScratch<T> scratch(q);
  const at::Tensor dq = wants_q ? gradient_layout(left.count(), left.dims(), q) : at::Tensor();
  const at::Tensor dk = wants_k ? gradient_layout(right.count(), right.dims(), k) : at::Tensor();
  const int64_t n = left.tiling().count(), m = right.tiling().count();
  for (int64_t r = 0; r < cross_rounds(n, m); ++r)
    run_round(cross_round(n, m, r), [&](const TilePair& p) {
      const PairTile<T> tile = pairs.tile(p, scratch.tile());
      const int64_t i = left.tiling().begin(p.row), j = right.tiling().begin(p.column);
      weigh(pairs, tile, rows, i, columns, j);
      if (wants_q)
        tile_back(tile.s, tile.rows, tile.columns, false, right.row(j), right.stride(), right.dims(),
                  dq.data_ptr<T>() + i * dq.stride(0), dq.stride(0));
      if (wants_k)
        tile_back(tile.s, tile.rows, tile.columns, true, left.row(i), left.stride(), left.dims(),
                  dk.data_ptr<T>() + j * dk.stride(0), dk.stride(0));
    });
  return {dq, dk};
}

// A stretch of the keys with sums of its own: enough of them that several threads have work where queries are few. The
// number depends on the shapes alone.
struct KeyStretch {
  int64_t from, to;  // tiles
};
std::vector<KeyStretch> key_stretches(int64_t row_tiles, int64_t key_tiles) {
  constexpr int64_t kTasks = 16;
  const int64_t count = std::clamp<int64_t>((kTasks + row_tiles - 1) / row_tiles, 1, key_tiles);
  std::vector<KeyStretch> out;
  for (int64_t c = 0; c < count; ++c) out.push_back({key_tiles * c / count, key_tiles * (c + 1) / count});
  return out;
}

template <class T>
QueryResult query_sums(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask) {
  const PairRows<T> left(q, mask.row_codes), right(k, mask.column_codes);
  const Pairs<T> pairs = pairs_of(left, right, scale, mask);
  const TileScratch<T> scratch(q);
  const int64_t n = left.count(), row_tiles = left.tiling().count();
  const auto stretches = key_stretches(row_tiles, right.tiling().count());
  std::vector<RunningSums<T>> sums;
  std::vector<at::Tensor> gathered;
  for (size_t c = 0; c < stretches.size(); ++c) {
    sums.emplace_back(n, pairs.shift(), q);
    gathered.push_back(padded_layout(n, left.dims(), q, true));
  }
  const int64_t stride = gathered[0].stride(0), tasks = row_tiles * static_cast<int64_t>(stretches.size());
  at::parallel_for(0, tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const auto c = static_cast<size_t>(task / row_tiles);
      const int64_t row_tile = task % row_tiles, i = left.tiling().begin(row_tile);
      T* mine = gathered[c].data_ptr<T>() + i * stride;
      for (int64_t t = stretches[c].from; t < stretches[c].to; ++t) {
        const PairTile<T> tile = pairs.tile({row_tile, t}, scratch.tile());
        if (pairs.one_shift()) {
          softmax_sums(tile, pairs.factor(), pairs.shift(), scratch.sums(0), nullptr, true);
        } else {
          softmax_maxima(tile, pairs.factor(), scratch.sums(0), nullptr);
          sums[c].raise(i, tile.rows, scratch.sums(0), scratch.sums(1));
          for (int64_t r = 0; r < tile.rows; ++r)
            if (scratch.sums(1)[r] != 1)
              for (int64_t d = 0; d < left.dims(); ++d) mine[r * stride + d] *= scratch.sums(1)[r];
          softmax_sums_by_row(tile, pairs.factor(), sums[c].shifts(i), nullptr, scratch.sums(0), nullptr, true);
        }
        sums[c].add(i, tile.rows, scratch.sums(0));
        tile_back(tile.s, tile.rows, tile.columns, false, right.tile_rows(t), right.stride(), right.dims(), mine,
                  stride);
      }
    }
  });
  // The stretches together: each weighs as much as its sum.
  QueryResult out{at::empty({n}, q.options()), padded_layout(n, left.dims(), q, true)};
  at::parallel_for(0, n, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double top = kNothing<double>, sum = 0;
      for (const auto& s : sums) top = std::max(top, s.logsumexp(i));
      for (const auto& s : sums) sum += std::isinf(top) ? 0 : std::exp(s.logsumexp(i) - top);
      out.rows.data_ptr<T>()[i] = static_cast<T>(sum > 0 ? top + std::log(sum) : kNothing<double>);
      T* mean = out.mean.data_ptr<T>() + i * stride;
      for (size_t c = 0; c < sums.size() && sum > 0; ++c) {
        if (sums[c].sum(i) == 0) continue;
        const auto weight = static_cast<T>(std::exp(sums[c].logsumexp(i) - top) / (sum * sums[c].sum(i)));
        const T* part = gathered[c].data_ptr<T>() + i * stride;
        for (int64_t d = 0; d < left.dims(); ++d) mean[d] += weight * part[d];
      }
    }
  });
  return out;
}

}  // namespace

at::Tensor fused_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask) {
  return AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "self_logsumexp",
                                    [&] { return self_sums<scalar_t>(z, scale, mask); });
}
at::Tensor fused_self_back(const at::Tensor& z, const at::Tensor& out, const at::Tensor& g, const PairScale& scale,
                           const PairMask& mask) {
  return AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "self_logsumexp",
                                    [&] { return self_gradient<scalar_t>(z, out, g, scale, mask); });
}
RowsAndColumns fused_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns) {
  return AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "cross_logsumexp",
                                    [&] { return cross_sums<scalar_t>(q, k, scale, mask, columns); });
}
CrossGradients fused_cross_back(const at::Tensor& q, const at::Tensor& k, const RowsAndColumns& out,
                                const CrossGradients& g, const PairScale& scale, const PairMask& mask, bool wants_q,
                                bool wants_k) {
  return AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "cross_logsumexp", [&] {
    return cross_gradients<scalar_t>(q, k, out, g, scale, mask, wants_q, wants_k);
  });
}
QueryResult fused_query(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask) {
  return AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "cross_logsumexp",
                                    [&] { return query_sums<scalar_t>(q, k, scale, mask); });
}

}  // namespace kindred
