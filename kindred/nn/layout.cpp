// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/layout.h"

namespace kindred {

void set_layout(torch::nn::Module& module, at::MemoryFormat format) {
  for (auto& parameter : module.parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.detach().contiguous(format));
}

}  // namespace kindred
