// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/masked_reconstruction.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr const char* kReconstruction = "masked_reconstruction";

at::Tensor normalized_patches(const at::Tensor& t) {
  check(t.size(-1) >= 2, kReconstruction, ": expected patches of at least 2 values with norm_pix, got ", t.size(-1));
  const at::Tensor centred = t - t.mean(-1, /*keepdim=*/true);
  const at::Tensor variance = centred.square().sum(-1, /*keepdim=*/true) / static_cast<double>(t.size(-1) - 1);
  return centred / (variance + 1e-6).sqrt();
}

}  // namespace

at::Tensor masked_reconstruction(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& mask,
                                 const MaskedReconstructionOptions& options) {
  check_options(options, kReconstruction);
  const at::Tensor p = checked_values(prediction, kReconstruction, "prediction");
  at::Tensor t = checked_values(target, kReconstruction, "target").detach();
  check(p.dim() >= 2, kReconstruction, ": expected prediction of shape [..., D], got ", p.sizes());
  check_alike(p, t, kReconstruction, "prediction", "target");
  check(mask.defined() && mask.sizes() == p.sizes().slice(0, p.dim() - 1), kReconstruction, ": expected mask of shape ",
        p.sizes().slice(0, p.dim() - 1), ", got ", mask.defined() ? concat(mask.sizes()) : "none");
  if (options.norm_pix) t = normalized_patches(t);
  const at::Tensor error = options.error == "l1" ? (p - t).abs() : (p - t).square();
  return mean_where(error.mean(-1), mask.detach() != 0);
}

}  // namespace kindred
