// SPDX-License-Identifier: Apache-2.0
// LARS, layer-wise adaptive rates:
//
//   d = g + wd p;   q = trust |p| / |d|  (1 where either norm is 0);   v <- mu v + q d;   p <- p - lr v
//
// Source: You, Gitman, Ginsburg 2017, arXiv:1708.03888, in the form of the BYOL, Barlow Twins and VICReg code: the rate
// outside the velocity. SimCLR's code has it inside; with a constant rate both agree.
// Groups with adapt = false (1-D parameters) take q = 1.
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>

#include <cmath>

#include "kindred/optim/optimizers.h"
#include "kindred/optim/squared_norm.h"
#include "kindred/optim/state.h"

namespace kindred {
namespace {

class Lars final : public Optimizer {
 public:
  Lars(const OptimizerOptions& options, std::vector<ParameterGroup> groups, double peak_lr)
      : options_(options), groups_(std::move(groups)), peak_lr_(peak_lr), velocity_(zero_slots(groups_)) {}

  void step(double lr) override {
    torch::NoGradGuard no_grad;
    for (size_t g = 0; g < groups_.size(); ++g) step_group(g, group_rate(groups_[g], lr, peak_lr_));
  }

  void zero_grad() override { zero_gradients(groups_); }

  NamedTensors state() override {
    NamedTensors out;
    append_slots(out, groups_, velocity_, "momentum");
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
      velocities.push_back(velocity_[g][i]);
    }
    if (parameters.empty()) return;
    if (group.weight_decay != 0) updates = at::_foreach_add(updates, parameters, group.weight_decay);
    if (group.adapt) {
      std::vector<at::Scalar> trusts;
      for (size_t i = 0; i < parameters.size(); ++i) trusts.emplace_back(trust_ratio(parameters[i], updates[i]));
      updates = at::_foreach_mul(updates, trusts);
    }
    at::_foreach_mul_(velocities, options_.momentum);
    at::_foreach_add_(velocities, updates, 1);
    at::_foreach_add_(parameters, velocities, -rate);
  }

  double trust_ratio(const torch::Tensor& parameter, const torch::Tensor& update) const {
    const double weight_norm = std::sqrt(squared_norm(parameter)), update_norm = std::sqrt(squared_norm(update));
    return weight_norm > 0 && update_norm > 0 ? options_.trust * weight_norm / update_norm : 1;
  }

  OptimizerOptions options_;
  std::vector<ParameterGroup> groups_;
  double peak_lr_;
  Slots velocity_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lars(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                     double peak_lr) {
  return std::make_unique<Lars>(options, std::move(groups), peak_lr);
}

}  // namespace kindred
