// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/prototypes.h"

#include <torch/nn/functional/normalization.h>

#include "kindred/core/error.h"

namespace kindred {

Prototypes::Prototypes(int64_t in, int64_t count)
    : torch::nn::LinearImpl(torch::nn::LinearOptions(in, count).bias(false)) {
  check(in >= 1 && count >= 2, "prototypes: expected at least 2 of at least 1 number, got ", count, " of ", in);
}

torch::Tensor Prototypes::forward(const torch::Tensor& x, bool fixed) {
  namespace F = torch::nn::functional;
  return torch::matmul(F::normalize(x), F::normalize(fixed ? weight.detach() : weight).t());
}

}  // namespace kindred
