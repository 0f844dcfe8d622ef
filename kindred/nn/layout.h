// SPDX-License-Identifier: Apache-2.0
// The memory layout an image encoder computes in. It changes speed only: names, shapes and saved bytes are those of the
// plain layout.
#pragma once

#include <torch/nn/module.h>

namespace kindred {

// Gives every 4-D parameter of module this layout; values and names stay. The forward of the module then begins with
// in_layout(x, format), and what follows keeps it.
void set_layout(torch::nn::Module& module, at::MemoryFormat format);

// x: [B, C, H, W] in this layout. One channel fits both layouts; its strides here say which, or convolutions would take the
// plain one and hand it on.
torch::Tensor in_layout(const torch::Tensor& x, at::MemoryFormat format);

}  // namespace kindred
