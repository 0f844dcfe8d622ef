// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/covariance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>

#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor centred(const at::Tensor& x) { return x - x.mean(0, /*keepdim=*/true); }

const char* covariance_refusal(const at::Tensor& x) {
  if (!x.is_cpu()) return "rows on another device (the composite needs no more memory there)";
  if (x.size(1) > x.size(0)) return "more columns than rows (the composite works on the smaller product)";
  return nullptr;
}

at::Tensor off_diagonal_square_sum(const at::Tensor& a, const at::Tensor& b) {
  const int64_t n = a.size(0), d = a.size(1);
  if (d <= n) {
    const at::Tensor c = a.t().mm(b);
    return total(c.masked_fill(at::eye(d, c.options().dtype(at::kBool)), 0).square().sum(1));
  }
  const at::Tensor all = total((a.mm(a.t()) * b.mm(b.t())).sum(1));
  return all - total((a * b).sum(0).square());
}

}  // namespace kindred
