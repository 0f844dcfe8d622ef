// SPDX-License-Identifier: Apache-2.0
// Logistic losses over all pairs of rows, tile by tile:
//   sum over pairs ij of  same softplus(-u_ij) where the codes are the same, different softplus(u_ij) elsewhere,
//   u_ij = scale <a_i, b_j> + bias.
// Memory O(N D): tiles are recomputed on the way back. kFused: kernels/, float32 and float64 on a CPU, the same bits for any
// number of threads; kTiled: tensor operations on blocks of rows, any device. The losses that stand on it hold the definition.
// First derivatives only.
#pragma once

#include <ATen/core/Tensor.h>

#include "kindred/ops/implementation.h"

namespace kindred {

struct LogisticPairs {
  double scale, bias;
  double same, different;  // weights
};

// Codes: [n] and [m] int64, >= 0 and below 2^24. A scalar of a's type. by: kFused or kTiled.
at::Tensor cross_logistic(const at::Tensor& a, const at::Tensor& b, const at::Tensor& a_codes,
                          const at::Tensor& b_codes, const LogisticPairs& loss, Implementation by);
// Over ordered pairs of two different rows of z.
at::Tensor self_logistic(const at::Tensor& z, const at::Tensor& codes, const LogisticPairs& loss, Implementation by);

}  // namespace kindred
