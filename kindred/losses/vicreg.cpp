// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/vicreg.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/covariance.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/covariance_losses.h"

namespace kindred {
namespace {

// Of one view, centred: the mean hinge over columns and the covariance term.
struct Spread {
  at::Tensor variance, covariance;
};
Spread spread(const at::Tensor& z, const VicregOptions& options) {
  const double n1 = static_cast<double>(z.size(0) - 1), d = static_cast<double>(z.size(1));
  const at::Tensor deviation = (z.square().sum(0) / n1 + options.epsilon).sqrt();  // [D]
  return {total((options.gamma - deviation).clamp_min(0)) / d, off_diagonal_square_sum(z, z) / (n1 * n1 * d)};
}

}  // namespace

at::Tensor vicreg(const at::Tensor& za, const at::Tensor& zb, const VicregOptions& options) {
  check_options(options, "vicreg");
  const at::Tensor a = checked_rows(za, "vicreg", "za"), b = checked_rows(zb, "vicreg", "zb");
  check_alike(a, b, "vicreg", "za", "zb");
  check(a.size(0) >= 2, "vicreg: expected at least 2 rows, got ", a.size(0));
  const bool code = options.convention == "code";
  if (choose_implementation(options.impl, a, covariance_refusal(a), "vicreg") == Implementation::kFused) {
    const double n = static_cast<double>(a.size(0)), d = static_cast<double>(a.size(1));
    return fused_vicreg(a, b,
                        {.invariance = options.invariance / (code ? d : 1.0) / n,
                         .variance = options.variance * (code ? 0.5 : 1.0) / d,
                         .covariance = options.covariance / ((n - 1) * (n - 1) * d),
                         .gamma = options.gamma,
                         .epsilon = options.epsilon});
  }
  const at::Tensor apart = (a - b).square().sum(1).mean();
  const Spread first = spread(centred(a), options), second = spread(centred(b), options);
  return options.invariance / (code ? static_cast<double>(a.size(1)) : 1.0) * apart +
         options.variance * (code ? 0.5 : 1.0) * (first.variance + second.variance) +
         options.covariance * (first.covariance + second.covariance);
}

}  // namespace kindred
