// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/proxy_nca.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/losses/proxies.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor proxy_nca(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies,
                     const ProxyNcaOptions& options) {
  check_options(options, "proxy_nca");
  const Proxies p = checked_proxies(x, labels, proxies, "proxy_nca");
  const at::Tensor near = options.scale * (2 * p.rows.mm(p.proxies.t()) - 2);  // -D^2 of unit rows, [N, C]
  const at::Tensor own = at::where(p.own, near, at::zeros_like(near)).sum(1);
  const at::Tensor negative = p.own.logical_not();
  const at::Tensor gap = masked_logsumexp(near, negative) - own;
  return mean_where(options.form == "softmax" ? stable_softplus(gap) : gap, negative.any(1));
}

}  // namespace kindred
