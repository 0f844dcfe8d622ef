// SPDX-License-Identifier: Apache-2.0
// A method's parameters and buffers as named tensors.
#pragma once

#include "kindred/methods/method.h"
#include "kindred/train/checkpoint.h"

namespace kindred {

// Parameters, then buffers, in the order of registration. The tensors are the method's own, not copies.
NamedTensors method_state(const Method& method);

// Copies the values in. Throws InvalidArgument unless names, shapes, dtypes and order are those of method_state().
void load_method_state(const Method& method, const NamedTensors& from);

}  // namespace kindred
