// SPDX-License-Identifier: Apache-2.0
// A lower bound of the mutual information of two views, in nats:  I >= ln(n) - L,  L = InfoNCE with n terms below the line.
// Source: van den Oord et al. 2018, arXiv:1807.03748 section 2.3. A figure to report; it never exceeds ln n.
// Counting the k = n - 1 negatives alone gives the looser ln(k) - L.
#pragma once

#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/info_nce.h"

namespace kindred {

// As info_nce, whose mean over both ways is a bound too (direction "symmetric"); "sum" is refused. Larger is better.
at::Tensor mi_bound(const InfoNceInputs& inputs, const InfoNceOptions& options);
at::Tensor mi_bound(const at::Tensor& query, const at::Tensor& key, const InfoNceOptions& options = {});

}  // namespace kindred
