// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/covariance_losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/full_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kindred/ops/panel_products.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Sum of squares, rows first: one pass, and no long chain of roundings.
at::Tensor square_sum(const at::Tensor& x) { return x.norm(2, 1).to(at::kDouble).square().sum(); }

at::Tensor centred(const at::Tensor& x) { return x - column_moments_of(x).mean.to(x.scalar_type()); }

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
      return row_products_plus(c, m, saved[2], at::full_like(slopes, 2 * g * invariance * sign));  // m is symmetric
    };
    return {one(saved[0], saved[3], saved[5], 1), one(saved[1], saved[4], saved[6], -1), {}};
  }
};

class BarlowTwins : public Function<BarlowTwins> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const BarlowWeights& w) {
    const double n = static_cast<double>(a.size(0));
    const auto standardised = [&](const at::Tensor& x, at::Tensor& inverse) {
      const ColumnMoments m = column_moments_of(x);
      inverse = (m.squares / n + w.epsilon).rsqrt();
      return at::addcmul((-m.mean * inverse).to(x.scalar_type()), x, inverse.to(x.scalar_type()));
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
    const at::Tensor ta = (ra / n).to(c.scalar_type()), tb = (rb / n).to(c.scalar_type());
    return {row_products_plus(sb, dc * ta.unsqueeze(1), sa, products.sum(1) * -ta),
            products_plus(sa, dc * tb, sb, products.sum(0) * -tb),
            {}};
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
