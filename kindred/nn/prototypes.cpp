// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/prototypes.h"

#include <torch/nn/functional/normalization.h>

#include "kindred/core/error.h"

namespace kindred {

namespace {

// Checked before the layer is made: LibTorch has a message of its own for a width of 0.
torch::nn::LinearOptions prototype_options(int64_t in, int64_t count) {
  check(in >= 1 && count >= 2, "prototypes: expected at least 2 of at least 1 number, got ", count, " of ", in);
  return torch::nn::LinearOptions(in, count).bias(false);
}

}  // namespace

Prototypes::Prototypes(int64_t in, int64_t count) : torch::nn::LinearImpl(prototype_options(in, count)) {}

torch::Tensor Prototypes::forward(const torch::Tensor& x, bool fixed) {
  namespace F = torch::nn::functional;
  return torch::matmul(F::normalize(x), F::normalize(fixed ? weight.detach() : weight).t());
}

}  // namespace kindred
