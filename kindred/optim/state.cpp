// SPDX-License-Identifier: Apache-2.0
#include "kindred/optim/state.h"

#include <unordered_map>

#include "kindred/core/error.h"

namespace kindred {

void zero_gradients(const std::vector<ParameterGroup>& groups) {
  for (const auto& group : groups)
    for (const auto& [name, parameter] : group.parameters) parameter.mutable_grad().reset();
}

Slots zero_slots(const std::vector<ParameterGroup>& groups) {
  Slots slots;
  for (const auto& group : groups) {
    auto& row = slots.emplace_back();
    for (const auto& [name, parameter] : group.parameters) row.push_back(torch::zeros_like(parameter.detach()));
  }
  return slots;
}

void append_slots(NamedTensors& out, const std::vector<ParameterGroup>& groups, const Slots& slots, const char* slot) {
  for (size_t g = 0; g < groups.size(); ++g)
    for (size_t i = 0; i < groups[g].parameters.size(); ++i)
      out.emplace_back(groups[g].parameters[i].first + "/" + slot, slots[g][i]);
}

void copy_state(const NamedTensors& into, const NamedTensors& from) {
  std::unordered_map<std::string, torch::Tensor> given;
  for (const auto& [name, tensor] : from)
    check(given.emplace(name, tensor).second, "optimizer state: expected each name once, got \"", name, "\" twice");
  for (const auto& [name, tensor] : into) {
    const auto found = given.find(name);
    check(found != given.end(), "optimizer state: expected a tensor \"", name, "\", got none");
    check(found->second.sizes() == tensor.sizes() && found->second.scalar_type() == tensor.scalar_type(),
          "optimizer state: expected \"", name, "\" of shape ", tensor.sizes(), " ", tensor.scalar_type(), ", got ",
          found->second.sizes(), " ", found->second.scalar_type());
  }
  check(given.size() == into.size(), "optimizer state: expected ", into.size(), " tensors, got ", given.size());
  torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : into) torch::Tensor(tensor).copy_(given.at(name));
}

}  // namespace kindred
