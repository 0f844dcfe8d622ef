// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "kindred/ops/unit_rows.h"

namespace kindred {
namespace {

// Throws NonFinite with the position of the first number that is not finite.
void check_finite(const at::Tensor& x, std::string_view who, std::string_view name) {
  const at::Tensor values = x.detach();
  // A finite sum proves finite terms, in one pass; only a sum that is not finite needs the closer look.
  if (std::isfinite(values.sum().item<double>())) return;
  const at::Tensor bad = at::isfinite(values).logical_not();
  if (!bad.any().item<bool>()) return;
  const auto at = bad.nonzero()[0];
  std::string position;
  for (int64_t d = 0; d < at.numel(); ++d) position += (d ? ", " : "") + std::to_string(at[d].item<int64_t>());
  const double value = values.masked_select(bad)[0].item<double>();
  throw NonFinite(concat(who, ": expected finite ", name, ", got ", value, " at [", position, "]"));
}

}  // namespace

at::Tensor checked_values(const at::Tensor& x, std::string_view who, std::string_view name) {
  check(x.defined(), who, ": expected ", name, ", got none");
  check(x.is_floating_point(), who, ": expected floating-point ", name, ", got ", x.dtype().name());
  check(x.numel() > 0, who, ": expected ", name, " that is not empty, got shape ", x.sizes());
  check_finite(x, who, name);
  const bool half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  return half ? x.to(at::kFloat) : x;
}

at::Tensor checked_rows(const at::Tensor& x, std::string_view who, std::string_view name) {
  check(!x.defined() || x.dim() == 2, who, ": expected ", name, " of shape [N, D], got ",
        x.defined() ? concat(x.sizes()) : "");
  return checked_values(x, who, name);
}

void check_same_width(const at::Tensor& a, const at::Tensor& b, std::string_view who, std::string_view a_name,
                      std::string_view b_name) {
  check(a.size(-1) == b.size(-1), who, ": expected ", b_name, " with as many columns as ", a_name, " (", a.size(-1),
        "), got ", b.size(-1));
  check(a.scalar_type() == b.scalar_type(), who, ": expected ", b_name, " of the type of ", a_name, " (",
        a.dtype().name(), "), got ", b.dtype().name());
  check(a.device() == b.device(), who, ": expected ", b_name, " on the device of ", a_name, " (", a.device(), "), got ",
        b.device());
}

void check_alike(const at::Tensor& a, const at::Tensor& b, std::string_view who, std::string_view a_name,
                 std::string_view b_name) {
  check(a.sizes() == b.sizes(), who, ": expected ", b_name, " of the shape of ", a_name, " ", a.sizes(), ", got ",
        b.sizes());
  check_same_width(a, b, who, a_name, b_name);
}

at::Tensor checked_index(const at::Tensor& x, int64_t n, std::string_view who, std::string_view name) {
  check(x.defined(), who, ": expected ", name, ", got none");
  check(x.dim() == 1 && x.size(0) == n, who, ": expected ", name, " of shape [", n, "], got ", x.sizes());
  check(at::isIntegralType(x.scalar_type(), /*includeBool=*/false), who, ": expected whole-number ", name, ", got ",
        x.dtype().name());
  return x.to(at::kLong);
}

at::Tensor checked_similar(const at::Tensor& similar, int64_t n, std::string_view who) {
  check(similar.defined(), who, ": expected similar, got none");
  check(similar.dim() == 1 && similar.size(0) == n, who, ": expected similar of shape [", n, "], got ",
        similar.sizes());
  return similar.detach() > 0;
}

at::Tensor normalized(const at::Tensor& x) {
  // z does not change with the length of x, so the scale may be held fixed in the backward pass.
  const at::Tensor largest = x.detach().abs().amax(-1, /*keepdim=*/true);  // [N, 1]
  const at::Tensor scaled = x / at::where(largest > 0, largest, at::ones_like(largest));
  const at::Tensor square = scaled.square().sum(-1, /*keepdim=*/true);  // 0 for zero rows, else in [1, D]
  const at::Tensor zero = square.detach().sqrt() * largest < kZeroNorm;
  const at::Tensor unit = scaled / at::where(zero, at::ones_like(square), square).sqrt();
  return at::where(zero, at::zeros_like(unit), unit);
}

at::Tensor unit_rows(const std::vector<at::Tensor>& views, Implementation by) {
  if (by == Implementation::kFused) return stacked_unit_rows(views);
  return normalized(views.size() == 1 ? views[0] : at::cat(views));
}

}  // namespace kindred
