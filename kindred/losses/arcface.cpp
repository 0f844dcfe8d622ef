// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/arcface.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "kindred/losses/proxies.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr double kLeastSineSquare = 1e-6;

// The own class's cosine with the margin, [N].
at::Tensor with_margin(const at::Tensor& c, const ArcfaceOptions& options) {
  const double m = options.margin;
  if (options.form == "cosface") return c - m;
  const at::Tensor sine = (1 - c.square()).clamp_min(kLeastSineSquare).sqrt();
  return at::where(c > -std::cos(m), c * std::cos(m) - sine * std::sin(m), c - m * std::sin(m));
}

}  // namespace

at::Tensor arcface(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& weights,
                   const ArcfaceOptions& options) {
  check_options(options, "arcface");
  const Proxies p = checked_proxies(x, labels, weights, "arcface");
  const at::Tensor cosine = p.rows.mm(p.proxies.t());  // [N, C]
  if (cosine.size(0) == 0) return total(cosine);
  const at::Tensor own = with_margin(cosine.gather(1, p.labels.unsqueeze(1)).squeeze(1), options);
  return stable_softplus(masked_logsumexp(options.scale * cosine, p.own.logical_not()) - options.scale * own).mean();
}

}  // namespace kindred
