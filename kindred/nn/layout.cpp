// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/layout.h"

namespace kindred {

void set_layout(torch::nn::Module& module, at::MemoryFormat format) {
  for (auto& parameter : module.parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.detach().contiguous(format));
}

at::Tensor in_layout(const at::Tensor& x, at::MemoryFormat format) {
  const at::Tensor y = x.contiguous(format);
  if (format != at::MemoryFormat::ChannelsLast || y.size(1) != 1) return y;
  return y.as_strided(y.sizes(), {y.size(2) * y.size(3), 1, y.size(3), 1});
}

}  // namespace kindred
