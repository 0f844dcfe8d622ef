// SPDX-License-Identifier: Apache-2.0
// Proxy-Anchor:  L = 1/|C+| sum_{c in C+} log(1 + sum_{x of c} e^{-a (s - d)}) + 1/|C| sum_c log(1 + sum_{x not of c} e^{a (s + d)}),
// s = cosine of row and proxy, C+ the classes in the batch.
// Source: Kim et al. 2020, arXiv:2003.13911 eq. 4: a = 32, d = 0.1.
#pragma once

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct ProxyAnchorOptions {
  double alpha = 32;
  double delta = 0.1;
};
inline void visit_fields(FieldList& v, ProxyAnchorOptions& o) {
  v("alpha", o.alpha, "scale of the logits", above(0));
  v("delta", o.delta, "margin on the cosine");
}

// As proxy_nca. Without labelled rows: 0 with a gradient path.
at::Tensor proxy_anchor(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies,
                        const ProxyAnchorOptions& options = {});

}  // namespace kindred
