// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/pair_logistic.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <utility>

#include "kindred/kernels/pair_logistic.h"
#include "kindred/ops/pair_rows.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// What is compared; b is undefined where it is a itself.
struct LogisticProblem {
  at::Tensor a, b, a_codes, b_codes;
  LogisticPairs loss;
  bool self() const { return !b.defined(); }
};
using LogisticGradients = std::pair<at::Tensor, at::Tensor>;

template <class T>
class LogisticTiles {
 public:
  explicit LogisticTiles(const LogisticProblem& p)
      : self_(p.self()),
        left_(p.a, p.a_codes),
        right_(self_ ? at::Tensor(p.a.narrow(0, 0, 1)) : p.b, self_ ? at::Tensor() : p.b_codes),
        scratch_(p.a),
        loss_{static_cast<T>(p.loss.scale), static_cast<T>(p.loss.bias), static_cast<T>(p.loss.same),
              static_cast<T>(p.loss.different)} {}

  // Of a symmetric problem each pair of tiles counts twice.
  double sum() const {
    const int64_t columns = right().tiling().count();
    std::vector<double> parts(static_cast<size_t>(left_.tiling().count() * columns));
    over([&](const TilePair& p, const PairTile<T>& tile) {
      parts[static_cast<size_t>(p.row * columns + p.column)] = logistic_sum(tile, loss_) * twice(p);
    });
    double all = 0;
    for (const double part : parts) all += part;
    return all;
  }
  LogisticGradients gradients(const at::Tensor& like, double g, bool wants_a, bool wants_b) const {
    LogisticGradients out;
    if (wants_a) out.first = gradient_layout(left_.count(), left_.dims(), like);
    if (self_) out.second = out.first;
    else if (wants_b) out.second = gradient_layout(right_.count(), right_.dims(), like);
    over([&](const TilePair& p, const PairTile<T>& tile) {
      logistic_weights(tile, loss_, static_cast<T>(self_ ? 2 * g : g));
      if (wants_a) back(tile, false, right(), p.column, left_, p.row, out.first);
      if (wants_b && !(self_ && p.row == p.column)) back(tile, true, left_, p.row, right(), p.column, out.second);
    });
    if (self_) out.second = at::Tensor();
    return out;
  }

 private:
  const PairRows<T>& right() const { return self_ ? left_ : right_; }
  double twice(const TilePair& p) const { return self_ && p.row != p.column ? 2 : 1; }

  template <class Body>
  void over(const Body& body) const {
    const int64_t n = left_.tiling().count(), m = right().tiling().count(),
                  rounds = self_ ? self_rounds(n) : cross_rounds(n, m);
    for (int64_t r = 0; r < rounds; ++r)
      run_round(self_ ? self_round(n, r) : cross_round(n, m, r), [&](const TilePair& p) {
        T* const s = scratch_.tile();
        const int64_t rows = left_.tiling().size(p.row), columns = right().tiling().size(p.column);
        tile_product(left_.panels(p.row), rows, right().panels(p.column), columns, left_.dims(), s);
        if (self_ && p.row == p.column)
          for (int64_t i = 0; i < rows; ++i) s[i * kTileRows + i] = -std::numeric_limits<T>::infinity();
        body(p, PairTile<T>{s, rows, columns, PairKeep::kAll, left_.codes(p.row), right().codes(p.column)});
      });
  }
  static void back(const PairTile<T>& tile, bool transposed, const PairRows<T>& from, int64_t from_tile,
                   const PairRows<T>& to, int64_t to_tile, const at::Tensor& out) {
    tile_back(tile.s, tile.rows, tile.columns, transposed, from.tile_rows(from_tile), from.stride(), from.dims(),
              out.data_ptr<T>() + to.tiling().begin(to_tile) * out.stride(0), out.stride(0));
  }

  bool self_;
  PairRows<T> left_, right_;  // right_: unused where self_
  TileScratch<T> scratch_;
  PairLogistic<T> loss_;
};

double fused_logistic(const LogisticProblem& p) {
  return AT_DISPATCH_FLOATING_TYPES(p.a.scalar_type(), "pair_logistic",
                                    [&] { return LogisticTiles<scalar_t>(p).sum(); });
}
LogisticGradients fused_logistic_back(const LogisticProblem& p, double g, bool wants_a, bool wants_b) {
  return AT_DISPATCH_FLOATING_TYPES(p.a.scalar_type(), "pair_logistic",
                                    [&] { return LogisticTiles<scalar_t>(p).gradients(p.a, g, wants_a, wants_b); });
}

// Calls body(rows of a, x, sign) for blocks of rows: x = -u and sign = -same where the codes are the same, u and different
// elsewhere; weight 0 for a row with itself.
struct LogisticBlock {
  int64_t from, count;
  at::Tensor x, weight;
};
template <class Body>
void over_logistic_blocks(const LogisticProblem& p, const Body& body) {
  constexpr int64_t kNumbers = int64_t{1} << 22;
  const at::Tensor &b = p.self() ? p.a : p.b, &b_codes = p.self() ? p.a_codes : p.b_codes;
  const int64_t n = p.a.size(0), step = std::clamp<int64_t>(kNumbers / std::max<int64_t>(b.size(0), 1), 1, n);
  for (int64_t from = 0; from < n; from += step) {
    const int64_t count = std::min(step, n - from);
    const at::Tensor u = p.a.narrow(0, from, count).mm(b.t()).mul_(p.loss.scale).add_(p.loss.bias);
    const at::Tensor same = p.a_codes.narrow(0, from, count).unsqueeze(1) == b_codes.unsqueeze(0);
    const at::Tensor weight = same.to(u.scalar_type()) * (p.loss.same - p.loss.different) + p.loss.different;
    if (p.self()) weight.narrow(1, from, count).diagonal().zero_();
    body(LogisticBlock{from, count, at::where(same, -u, u), weight}, same);
  }
}
double tiled_logistic(const LogisticProblem& p) {
  double all = 0;
  over_logistic_blocks(p, [&](const LogisticBlock& b, const at::Tensor&) {
    const at::Tensor cost = b.x.clamp_min(0) + b.x.abs().neg().exp().log1p();
    all += (cost * b.weight).sum(1).to(at::kDouble).sum().item<double>();
  });
  return all;
}
LogisticGradients tiled_logistic_back(const LogisticProblem& p, double g, bool wants_a, bool wants_b) {
  LogisticGradients out{wants_a ? at::zeros_like(p.a) : at::Tensor(),
                        wants_b && !p.self() ? at::zeros_like(p.b) : at::Tensor()};
  over_logistic_blocks(p, [&](const LogisticBlock& b, const at::Tensor& same) {
    const at::Tensor slope = b.x.sigmoid() * b.weight * (g * p.loss.scale * (p.self() ? 2 : 1));
    const at::Tensor w = at::where(same, -slope, slope);
    if (wants_a) out.first.narrow(0, b.from, b.count).copy_(w.mm(p.self() ? p.a : p.b));
    if (out.second.defined()) out.second += w.t().mm(p.a.narrow(0, b.from, b.count));
  });
  return out;
}

// Which tensors need a gradient is what autograd asks of a and b; a set with itself has b for nothing but its place.
class PairLogisticSum : public Function<PairLogisticSum> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const LogisticProblem& p,
                            int64_t by) {
    ctx->save_for_backward({a, p.self() ? at::Tensor() : b, p.a_codes, p.b_codes});
    ctx->saved_data["loss"] = std::vector<double>{p.loss.scale, p.loss.bias, p.loss.same, p.loss.different};
    ctx->saved_data["by"] = by;
    ctx->saved_data["wants"] = std::vector<int64_t>{a.requires_grad(), p.self() || b.requires_grad()};
    const double sum = by == static_cast<int64_t>(Implementation::kFused) ? fused_logistic(p) : tiled_logistic(p);
    return at::full({}, sum, a.options());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto loss = ctx->saved_data["loss"].toDoubleVector();
    const auto wants = ctx->saved_data["wants"].toIntVector();
    const auto back = ctx->saved_data["by"].toInt() == static_cast<int64_t>(Implementation::kFused)
                          ? fused_logistic_back
                          : tiled_logistic_back;
    const LogisticGradients out = back({saved[0], saved[1], saved[2], saved[3], {loss[0], loss[1], loss[2], loss[3]}},
                                       grads[0].item<double>(), wants[0] != 0, wants[1] != 0);
    return {out.first, out.second, {}, {}};
  }
};

}  // namespace

at::Tensor cross_logistic(const at::Tensor& a, const at::Tensor& b, const at::Tensor& a_codes,
                          const at::Tensor& b_codes, const LogisticPairs& loss, Implementation by) {
  const LogisticProblem problem{a.detach(), b.detach(), a_codes, b_codes, loss};
  return PairLogisticSum::apply(a, b, problem, static_cast<int64_t>(by));
}
at::Tensor self_logistic(const at::Tensor& z, const at::Tensor& codes, const LogisticPairs& loss, Implementation by) {
  const LogisticProblem problem{z.detach(), {}, codes, {}, loss};
  return PairLogisticSum::apply(z, z.detach(), problem, static_cast<int64_t>(by));
}

}  // namespace kindred
