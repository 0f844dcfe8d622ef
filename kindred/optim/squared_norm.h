// SPDX-License-Identifier: Apache-2.0
// Sum of squares of a tensor in float64, the same bits for any number of threads.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// Any shape and floating dtype; 0 for an empty tensor. ATen's own sum splits the work by the number of threads, and
// rounding with it; here blocks of a fixed size are summed, then their sums in order. (On a GPU: ATen's sum in float64.)
double squared_norm(const at::Tensor& tensor);

}  // namespace kindred
