// SPDX-License-Identifier: Apache-2.0
// Tensors by name only: enough for a parameter or a return type, and free of LibTorch's headers.
#pragma once

namespace at {
class Tensor;
}  // namespace at
