// SPDX-License-Identifier: Apache-2.0
// Proxy-NCA:  L = mean_x [ D^2(x, p_y) + logsumexp_{c != y} -D^2(x, p_c) ],  D^2 the squared distance of unit rows.
// Source: Movshovitz-Attias et al. 2017, arXiv:1703.07464 eq. 4 (negatives only below the line; may be negative).
// form = "softmax" keeps the positive below the line, as pytorch-metric-learning does.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct ProxyNcaOptions {
  std::string form = "original";
  double scale = 1.0;
};
inline void visit_fields(FieldList& v, ProxyNcaOptions& o) {
  v("form", o.form, "original: negative proxies only below the line; softmax: all proxies", {"original", "softmax"});
  v("scale", o.scale, "multiplies the squared distances", above(0));
}

// x: [N, D]; labels: [N] int64 in [0, C), kNoLabel rows are left out; proxies: [C, D] with gradient. Rows and proxies are
// normalised here. C = 1: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor proxy_nca(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies,
                     const ProxyNcaOptions& options = {});

}  // namespace kindred
