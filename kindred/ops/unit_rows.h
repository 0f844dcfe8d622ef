// SPDX-License-Identifier: Apache-2.0
// Rows of several views below one another, each brought to unit length: what the fused losses work on.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// views: [N_v, D] float32 or float64 each, of one type, on a CPU. Returns [N_1 + N_2 + ..., D] in padded_layout(). Rows
// shorter than 1e-12 become 0 with gradient 0.
at::Tensor stacked_unit_rows(const std::vector<at::Tensor>& views);

// A new tensor [n, D] whose rows lie padded_stride(D) apart (kernels/pair_tile.h), with n rounded up to 8 rows of memory.
// zeros: filled with 0, the padding too.
at::Tensor padded_layout(int64_t n, int64_t dims, const at::Tensor& like, bool zeros);
// Zeros [n, D] for a gradient that the kernels add to: rows of whole vectors, with no more between them, so that they are
// dense where D allows it and autograd adds two such gradients in place.
at::Tensor gradient_layout(int64_t n, int64_t dims, const at::Tensor& like);
// x itself where it lies so, else a copy that does.
at::Tensor in_padded_layout(const at::Tensor& x);

}  // namespace kindred
