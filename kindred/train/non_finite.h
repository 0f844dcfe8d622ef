// SPDX-License-Identifier: Apache-2.0
// Where a NaN or an infinity came from: the tensors of a step, searched in the order in which they were computed.
#pragma once

#include <string>

#include "kindred/data/dataset.h"
#include "kindred/methods/method.h"

namespace kindred {

// No NaN, no infinity. An undefined tensor is finite.
bool all_finite(const at::Tensor& tensor);

// "view 0 of sample 17 (train.npy[17]), element 3 is nan", "parameter encoder.0.weight, element 5 is inf", ... for the
// first bad tensor of: the views of the batch, the parameters, the outputs z1 and z2, the loss, the gradients, the buffers
// (batch norm's statistics are spoilt by any of the former). Empty where all are finite.
std::string first_non_finite(const Method& method, const Batch& batch, const StepOutput& output,
                             const Dataset& dataset);

// The same for parameters and buffers alone.
std::string first_non_finite_weight(const Method& method);

}  // namespace kindred
