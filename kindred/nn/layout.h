// SPDX-License-Identifier: Apache-2.0
// The memory layout an image encoder computes in. It changes speed only: names, shapes and saved bytes are those of the
// plain layout.
#pragma once

#include <torch/nn/module.h>

namespace kindred {

// Gives every 4-D parameter of module this layout; values and names stay. The forward of the module then begins with
// x.contiguous(format), and what follows keeps it.
void set_layout(torch::nn::Module& module, at::MemoryFormat format);

}  // namespace kindred
