// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/covariance_losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kindred/ops/panel_products.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Sum of squares, rows first: one pass, and no long chain of roundings.
at::Tensor square_sum(const at::Tensor& x) { return x.norm(2, 1).to(at::kDouble).square().sum(); }

at::Tensor with_rows(const at::Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); }

ScaledColumns centred(const at::Tensor& x, const at::Tensor& mean) { return {x, at::ones_like(mean), -mean}; }

// One view: its covariance products and what its terms add to the loss.
struct Spread {
  at::Tensor mean, off;
  at::Tensor slopes;  // [D]: of the variance term by a_c, per unit of a_c
  at::Tensor loss;    // double
};
Spread spread_of(const at::Tensor& x, const VicregWeights& w) {
  const double n1 = static_cast<double>(x.size(0) - 1);
  const at::Tensor mean = column_moments_of(x).mean;
  const ColumnProducts products = column_products(centred(x, mean), 1);
  const at::Tensor deviation = (products.diagonal / n1 + w.epsilon).sqrt();
  const at::Tensor short_of = (w.gamma - deviation).clamp_min(0);
  return {mean, products.off, (short_of > 0).to(at::kDouble) * (-w.variance / n1) / deviation,
          w.variance * short_of.sum() + w.covariance * products.row_squares.sum()};
}

class Vicreg : public Function<Vicreg> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const VicregWeights& w) {
    const at::Tensor x = with_rows(a), y = with_rows(b);
    const at::Tensor apart = square_sum(x - y);
    const Spread sa = spread_of(x, w), sb = spread_of(y, w);
    ctx->save_for_backward({x, y, sa.mean, sb.mean, sa.off, sb.off, sa.slopes, sb.slopes});
    ctx->saved_data["invariance"] = w.invariance;
    ctx->saved_data["covariance"] = w.covariance;
    return (w.invariance * apart + sa.loss + sb.loss).to(a.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const double g = grads[0].item<double>(), covariance = ctx->saved_data["covariance"].toDouble();
    const at::Tensor ones = at::ones_like(saved[2]), zeros = at::zeros_like(saved[2]),
                     pull = ones * (2 * g * ctx->saved_data["invariance"].toDouble());
    const auto one = [&](size_t mine, size_t other) {
      return mixed_columns(centred(saved[mine], saved[2 + mine]),
                           {saved[4 + mine], 4 * g * covariance, g * saved[6 + mine], false}, ones,
                           {saved[mine], saved[other], pull, zeros});
    };
    return {one(0, 1), one(1, 0), {}};
  }
};

// (x - mean) inverse.
ScaledColumns standardised(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& inverse) {
  return {x, inverse, -mean * inverse};
}

class BarlowTwins : public Function<BarlowTwins> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const BarlowWeights& w) {
    const at::Tensor x = with_rows(a), y = with_rows(b);
    const double n = static_cast<double>(x.size(0));
    const ColumnMoments ma = column_moments_of(x), mb = column_moments_of(y);
    const at::Tensor ra = (ma.squares / n + w.epsilon).rsqrt(), rb = (mb.squares / n + w.epsilon).rsqrt();
    const ColumnProducts c = column_products(standardised(x, ma.mean, ra), standardised(y, mb.mean, rb), 1 / n);
    ctx->save_for_backward({x, y, ma.mean, mb.mean, ra, rb, c.row_squares, c.column_squares, c.off, c.diagonal});
    ctx->saved_data["lambda"] = w.lambda;
    ctx->saved_data["scale"] = w.scale;
    return (w.scale * ((1 - c.diagonal).square().sum() + w.lambda * c.row_squares.sum())).to(a.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &off = saved[8], &diagonal = saved[9];
    const double g = 2 * grads[0].item<double>() * ctx->saved_data["scale"].toDouble(),
                 lambda = ctx->saved_data["lambda"].toDouble(), n = static_cast<double>(saved[0].size(0));
    const at::Tensor slope = (diagonal - 1) * g;  // of the diagonal of C
    const auto view = [&](size_t i) { return standardised(saved[i], saved[2 + i], saved[4 + i]); };
    const auto one = [&](size_t mine, size_t other) {
      const at::Tensor t = saved[4 + mine] / n, m = g * lambda * saved[6 + mine] + diagonal * slope;
      const ScaledColumns own = view(mine);
      return mixed_columns(view(other), {off, g * lambda, slope, mine == 0}, t,
                           {own.x, {}, own.scale * -t * m, own.shift * -t * m});
    };
    return {one(0, 1), one(1, 0), {}};
  }
};

}  // namespace

at::Tensor fused_vicreg(const at::Tensor& a, const at::Tensor& b, const VicregWeights& weights) {
  return Vicreg::apply(a, b, weights);
}
at::Tensor fused_barlow_twins(const at::Tensor& a, const at::Tensor& b, const BarlowWeights& weights) {
  return BarlowTwins::apply(a, b, weights);
}

}  // namespace kindred
