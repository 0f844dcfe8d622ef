// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/covariance_losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
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

at::Tensor centred(const at::Tensor& x) { return x - x.mean(0, /*keepdim=*/true); }

// One view: its covariance products and what its terms add to the loss.
struct Spread {
  at::Tensor products;  // [D, D], a_c^T a_c with a zero diagonal
  at::Tensor slopes;    // [D]: of the variance term by a_c, per unit of a_c
  at::Tensor loss;      // double
};
Spread spread_of(const at::Tensor& c, const VicregWeights& w) {
  const double n1 = static_cast<double>(c.size(0) - 1);
  Spread out{column_products(c), {}, {}};
  const at::Tensor deviation = (out.products.diagonal().to(at::kDouble) / n1 + w.epsilon).sqrt();
  out.products.diagonal().zero_();
  const at::Tensor short_of = (w.gamma - deviation).clamp_min(0);
  out.slopes = (short_of > 0).to(at::kDouble) * (-w.variance / n1) / deviation;
  out.loss = w.variance * short_of.sum() + w.covariance * square_sum(out.products);
  return out;
}

class Vicreg : public Function<Vicreg> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const VicregWeights& w) {
    const at::Tensor ca = centred(a), cb = centred(b), apart = a - b;
    const Spread sa = spread_of(ca, w), sb = spread_of(cb, w);
    ctx->save_for_backward({ca, cb, apart, sa.products, sb.products, sa.slopes, sb.slopes});
    ctx->saved_data["invariance"] = w.invariance;
    ctx->saved_data["covariance"] = w.covariance;
    return (w.invariance * square_sum(apart) + sa.loss + sb.loss).to(a.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const double g = grads[0].item<double>(), invariance = ctx->saved_data["invariance"].toDouble();
    const auto one = [&](const at::Tensor& c, const at::Tensor& products, const at::Tensor& slopes, double sign) {
      at::Tensor m = products * (4 * g * ctx->saved_data["covariance"].toDouble());
      m.diagonal().copy_(g * slopes);
      at::Tensor out = saved[2] * (2 * g * invariance * sign);
      add_row_products(c, m, out);  // m is symmetric
      return out;
    };
    return {one(saved[0], saved[3], saved[5], 1), one(saved[1], saved[4], saved[6], -1), {}};
  }
};

class BarlowTwins : public Function<BarlowTwins> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const BarlowWeights& w) {
    const double n = static_cast<double>(a.size(0));
    const auto standardised = [&](const at::Tensor& x, at::Tensor& inverse) {
      at::Tensor c = centred(x);
      const at::Tensor squares = c.square().sum(0).to(at::kDouble) / n;
      inverse = (squares + w.epsilon).rsqrt().to(x.scalar_type());
      return c.mul_(inverse);
    };
    at::Tensor ra, rb;
    const at::Tensor sa = standardised(a, ra), sb = standardised(b, rb);
    at::Tensor correlation = column_products(sa, sb).div_(n);  // C
    const at::Tensor kept = correlation.diagonal().clone(), diagonal = kept.to(at::kDouble);
    correlation.diagonal().zero_();
    const at::Tensor off = square_sum(correlation);
    correlation.diagonal().copy_(kept);
    ctx->save_for_backward({sa, sb, ra, rb, correlation});
    ctx->saved_data["lambda"] = w.lambda;
    ctx->saved_data["scale"] = w.scale;
    return (w.scale * ((1 - diagonal).square().sum() + w.lambda * off)).to(a.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &sa = saved[0], &sb = saved[1], &ra = saved[2], &rb = saved[3], &c = saved[4];
    const double g = grads[0].item<double>() * ctx->saved_data["scale"].toDouble(), n = static_cast<double>(sa.size(0));
    at::Tensor dc = c * (2 * g * ctx->saved_data["lambda"].toDouble());
    dc.diagonal().copy_((c.diagonal() - 1) * (2 * g));
    const at::Tensor products = c * dc;
    at::Tensor da = sa * (products.sum(1) * ra / -n), db = sb * (products.sum(0) * rb / -n);
    add_row_products(sb, dc * (ra / n).unsqueeze(1), da);
    add_products(sa, dc.mul_(rb / n), db);
    return {da, db, {}};
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
