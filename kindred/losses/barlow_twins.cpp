// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/barlow_twins.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/covariance.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/covariance_losses.h"

namespace kindred {
namespace {

at::Tensor standardised(const at::Tensor& z, double epsilon) {
  const at::Tensor c = centred(z);
  return c / (c.square().mean(0, /*keepdim=*/true) + epsilon).sqrt();
}

}  // namespace

at::Tensor barlow_twins(const at::Tensor& za, const at::Tensor& zb, const BarlowTwinsOptions& options) {
  check_options(options, "barlow_twins");
  const at::Tensor first = checked_rows(za, "barlow_twins", "za"), second = checked_rows(zb, "barlow_twins", "zb");
  check_alike(first, second, "barlow_twins", "za", "zb");
  check(first.size(0) >= 2, "barlow_twins: expected at least 2 rows, got ", first.size(0));
  if (choose_implementation(options.impl, first, covariance_refusal(first), "barlow_twins") == Implementation::kFused)
    return fused_barlow_twins(first, second, {options.scale, options.lambda, options.epsilon});
  const double n = static_cast<double>(first.size(0));
  const at::Tensor a = standardised(first, options.epsilon), b = standardised(second, options.epsilon);
  const at::Tensor on = total((1 - (a * b).sum(0) / n).square());
  return options.scale * (on + options.lambda / (n * n) * off_diagonal_square_sum(a, b));
}

}  // namespace kindred
