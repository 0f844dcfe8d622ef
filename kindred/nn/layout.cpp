// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/layout.h"

namespace kindred {

void set_layout(torch::nn::Module& module, at::MemoryFormat format) {
  for (auto& parameter : module.parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.detach().contiguous(format));
}

torch::Tensor in_layout(const torch::Tensor& x, at::MemoryFormat format) {
  if (format != at::MemoryFormat::ChannelsLast || x.size(1) != 1) return x.contiguous(format);
  return x.contiguous().view({x.size(0), x.size(2), x.size(3), 1}).permute({0, 3, 1, 2});
}

}  // namespace kindred
