// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/method_state.h"

#include "kindred/core/error.h"

namespace kindred {

NamedTensors method_state(const Method& method) {
  NamedTensors out;
  for (const auto& item : method.named_parameters()) out.emplace_back(item.key(), item.value());
  for (const auto& item : method.named_buffers()) out.emplace_back(item.key(), item.value());
  return out;
}

void load_method_state(const Method& method, const NamedTensors& from) {
  torch::NoGradGuard no_grad;
  auto into = method_state(method);
  check(into.size() == from.size(), "resume: expected ", into.size(), " tensors of the model in the checkpoint, got ",
        from.size());
  for (size_t i = 0; i < into.size(); ++i) {
    auto& [name, tensor] = into[i];
    const auto& [saved_name, saved] = from[i];
    check(name == saved_name && tensor.sizes() == saved.sizes() && tensor.scalar_type() == saved.scalar_type(),
          "resume: expected ", name, " ", tensor.sizes(), " in the checkpoint, got ", saved_name, " ", saved.sizes());
    tensor.copy_(saved);
  }
}

}  // namespace kindred
