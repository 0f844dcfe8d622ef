// SPDX-License-Identifier: Apache-2.0
// Convolution of channels-last images as one matrix product: every output position's patch of the input becomes a row.
//
//   y[b, i, j, :] = W patch(b, i, j),   patch = x[b, i stride + dy - padding, j stride + dx - padding, :] over dy, dx
//
// The same bits for the same number of threads. It pays where there are few positions and many channels, where oneDNN's
// kernels, which vectorise over positions, starve (docs/perf.md).
#pragma once

#include <cstdint>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// x: [B, C, H, W], weight: [O, C, kH, kW], float32 on a CPU. Returns [B, O, H', W'], channels-last. The patches are not kept for
// the backward pass but cut again.
at::Tensor patch_convolution(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding);

}  // namespace kindred
