// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/eval_guard.h"

namespace kindred {

EvalGuard::EvalGuard(torch::nn::Module& module) : module_(module), was_training_(module.is_training()) {
  for (auto& child : module.modules(/*include_self=*/false)) children_.emplace_back(child, child->is_training());
  module.eval();
}

EvalGuard::~EvalGuard() {
  module_.train(was_training_);
  // modules() lists parents before their children, so that each call undoes what its parent's did to it.
  for (auto& [child, training] : children_) child->train(training);
}

}  // namespace kindred
