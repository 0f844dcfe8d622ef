// SPDX-License-Identifier: Apache-2.0
// SGD with momentum, and Nesterov's form of it:
//
//   d = g + wd p;   v <- mu v + d;   p <- p - lr v        (Nesterov: p <- p - lr (d + mu v))
//
// Source: Sutskever et al. 2013, in the form of torch.optim.SGD (lr outside the velocity, no dampening).
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>

#include "kindred/core/error.h"
#include "kindred/optim/optimizers.h"
#include "kindred/optim/state.h"

namespace kindred {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const OptimizerOptions& options, std::vector<ParameterGroup> groups, double peak_lr)
      : options_(options), groups_(std::move(groups)), peak_lr_(peak_lr) {
    if (options_.momentum > 0) velocity_ = zero_slots(groups_);
  }

  void step(double lr) override {
    torch::NoGradGuard no_grad;
    for (size_t g = 0; g < groups_.size(); ++g) step_group(g, group_rate(groups_[g], lr, peak_lr_));
  }

  void zero_grad() override { zero_gradients(groups_); }

  NamedTensors state() override {
    NamedTensors out;
    if (!velocity_.empty()) append_slots(out, groups_, velocity_, "momentum");
    return out;
  }

  void load_state(const NamedTensors& from) override { copy_state(state(), from); }

 private:
  void step_group(size_t g, double rate) {
    const auto& group = groups_[g];
    std::vector<torch::Tensor> parameters, updates, velocities;
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const auto& parameter = group.parameters[i].second;
      if (!parameter.grad().defined()) continue;
      parameters.push_back(parameter);
      updates.push_back(parameter.grad());
      if (!velocity_.empty()) velocities.push_back(velocity_[g][i]);
    }
    if (parameters.empty()) return;
    if (group.weight_decay != 0) updates = at::_foreach_add(updates, parameters, group.weight_decay);
    if (!velocities.empty()) {
      at::_foreach_mul_(velocities, options_.momentum);
      at::_foreach_add_(velocities, updates, 1);
      updates = options_.nesterov ? at::_foreach_add(updates, velocities, options_.momentum) : velocities;
    }
    at::_foreach_add_(parameters, updates, -rate);
  }

  OptimizerOptions options_;
  std::vector<ParameterGroup> groups_;
  double peak_lr_;
  Slots velocity_;  // empty where momentum = 0
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                    double peak_lr) {
  check(!options.nesterov || options.momentum > 0, "sgd: expected momentum > 0 with nesterov, got ", options.momentum);
  return std::make_unique<Sgd>(options, std::move(groups), peak_lr);
}

}  // namespace kindred
