// SPDX-License-Identifier: Apache-2.0
// A loss of the registry forward and backward, in one call.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "kindred/losses/registry.h"

namespace kindred {

// What a gradient reaches: the views, then prototypes, logit_scale and bias where given.
std::vector<std::string> trained_names(const LossInputs& in);  // "view 1", "view 2", "prototypes"

struct LossGradients {
  at::Tensor value;  // as the loss returned it, without graph
  std::vector<at::Tensor>
      gradients;  // of value.sum(), in the order of trained_names(); zeros where the loss reads nothing
};
// The inputs stay as they are: leaves that share their memory are made.
LossGradients loss_gradients(const LossRecipe& loss, LossInputs in);

}  // namespace kindred
