// SPDX-License-Identifier: Apache-2.0
// Prototypes: a linear layer without bias whose weight rows, and whose input rows, count by direction only,
//   s_ik = cos(x_i, w_k).
// SwAV (arXiv:2006.09882; its code brings the weights to unit length before each step) and the last layer of DINO's head
// (arXiv:2104.14294; weight norm with its scale fixed to 1).
// Departs: the length is taken out here and not in the weights, which gives the same scores and directions.
#pragma once

#include <torch/nn/modules/linear.h>

#include <cstdint>

namespace kindred {

class Prototypes : public torch::nn::LinearImpl {  // so that init_weights() knows it
 public:
  Prototypes(int64_t in, int64_t count);
  // [B, in] -> [B, count], each in [-1, 1]. fixed: no gradient to the weights.
  torch::Tensor forward(const torch::Tensor& x, bool fixed = false);
};

}  // namespace kindred
