// SPDX-License-Identifier: Apache-2.0
// Masked reconstruction: the mean error inside a patch, then the mean over the masked patches of the whole batch.
// Source: He et al. 2022, MAE, arXiv:2111.06377 section 3 and its code (norm_pix: unbiased variance + 1e-6); Ling & Liu 2020,
// DeCoAR 2.0, arXiv:2012.06659 (error "l1" over masked frames).
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct MaskedReconstructionOptions {
  std::string error = "l2";
  bool norm_pix = false;
};
inline void visit_fields(FieldList& v, MaskedReconstructionOptions& o) {
  v("error", o.error, "l2: squared difference; l1: absolute difference", {"l2", "l1"});
  v("norm_pix", o.norm_pix, "bring each target patch to mean 0 and variance 1 first; a patch of one value becomes 0");
}

// prediction, target: [..., D], D values of a patch; mask: [...] bool or 0 / 1, true where the patch was hidden. Visible patches
// get no gradient, nor does the target. Nothing hidden: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor masked_reconstruction(const at::Tensor& prediction, const at::Tensor& target, const at::Tensor& mask,
                                 const MaskedReconstructionOptions& options = {});

}  // namespace kindred
