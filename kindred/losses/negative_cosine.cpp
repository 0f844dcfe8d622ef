// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/negative_cosine.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/distance.h"
#include "kindred/losses/rows.h"

namespace kindred {

at::Tensor negative_cosine(const at::Tensor& prediction, const at::Tensor& target,
                           const NegativeCosineOptions& options) {
  check_options(options, "negative_cosine");
  const at::Tensor p = checked_rows(prediction, "negative_cosine", "prediction");
  const at::Tensor z = checked_rows(target, "negative_cosine", "target");
  check_alike(p, z, "negative_cosine", "prediction", "target");
  const at::Tensor mean = rowwise(Distance::kCosine, p, options.stop_gradient ? z.detach() : z).mean();
  return options.form == "byol" ? 2 - 2 * mean : -mean;
}

at::Tensor negative_cosine(const at::Tensor& p1, const at::Tensor& z2, const at::Tensor& p2, const at::Tensor& z1,
                           const NegativeCosineOptions& options) {
  const at::Tensor sum = negative_cosine(p1, z2, options) + negative_cosine(p2, z1, options);
  return options.form == "byol" ? sum : 0.5 * sum;
}

}  // namespace kindred
