// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/proxy_anchor.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/proxies.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor proxy_anchor(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies,
                        const ProxyAnchorOptions& options) {
  check_options(options, "proxy_anchor");
  const Proxies p = checked_proxies(x, labels, proxies, "proxy_anchor");
  const at::Tensor s = p.proxies.mm(p.rows.t()), own = p.own.t();  // [C, N]
  if (s.size(1) == 0) return total(s);
  const at::Tensor pull = stable_softplus(masked_logsumexp(-options.alpha * (s - options.delta), own));
  const at::Tensor push = stable_softplus(masked_logsumexp(options.alpha * (s + options.delta), own.logical_not()));
  return mean_where(pull, own.any(1)) + push.mean();
}

}  // namespace kindred
