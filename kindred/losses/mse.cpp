// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/mse.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

at::Tensor mse(const at::Tensor& prediction, const at::Tensor& target, const MseOptions& options) {
  check_options(options, "mse");
  const at::Tensor p = checked_rows(prediction, "mse", "prediction"), t = checked_rows(target, "mse", "target");
  check_alike(p, t, "mse", "prediction", "target");
  const at::Tensor difference = options.normalize ? normalized(p) - normalized(t) : p - t;
  const at::Tensor rows = total(difference.square().sum(1)) / static_cast<double>(p.size(0));
  return options.reduction == "rows" ? rows : rows / static_cast<double>(p.size(1));
}

}  // namespace kindred
