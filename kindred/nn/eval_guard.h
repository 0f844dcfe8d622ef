// SPDX-License-Identifier: Apache-2.0
// A network in evaluation mode for the life of an object, without gradients; then each of its modules is in the mode it
// was in before.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <utility>
#include <vector>

namespace kindred {

class EvalGuard {
 public:
  // module must outlive the guard.
  explicit EvalGuard(torch::nn::Module& module);
  ~EvalGuard();
  EvalGuard(const EvalGuard&) = delete;
  EvalGuard& operator=(const EvalGuard&) = delete;

 private:
  torch::NoGradGuard no_grad_;
  std::vector<std::pair<std::shared_ptr<torch::nn::Module>, bool>> children_;
  torch::nn::Module& module_;
  bool was_training_;
};

}  // namespace kindred
