// SPDX-License-Identifier: Apache-2.0
// What the optimisers share: the parameters of a group that have a gradient this time, and state under names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kindred/optim/optimizer.h"

namespace kindred {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// The rate of one group.
inline double group_rate(const ParameterGroup& group, double lr, double peak_lr) {
  return (group.fixed_lr ? peak_lr : lr) * group.lr_factor;
}

void zero_gradients(const std::vector<ParameterGroup>& groups);

// One tensor per parameter, zero at the start, of the parameter's shape, dtype, device and layout.
// Indexed as [group][parameter].
using Slots = std::vector<std::vector<torch::Tensor>>;
Slots zero_slots(const std::vector<ParameterGroup>& groups);

// Appends "<parameter>/<slot>" for every parameter.
void append_slots(NamedTensors& out, const std::vector<ParameterGroup>& groups, const Slots& slots, const char* slot);

// Copies `from` into `into`, tensor by tensor. Both must hold the same names, in any order, with the same shapes and
// dtypes; nothing is written unless they do. Throws InvalidArgument.
void copy_state(const NamedTensors& into, const NamedTensors& from);

}  // namespace kindred
