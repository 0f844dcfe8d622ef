// SPDX-License-Identifier: Apache-2.0
// AdamW:
//
//   p <- (1 - lr wd) p;   m <- b1 m + (1 - b1) g;   v <- b2 v + (1 - b2) g^2
//   p <- p - lr / (1 - b1^t)  m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//
// Source: Loshchilov and Hutter 2019, arXiv:1711.05101 algorithm 2, in the form of torch.optim.AdamW (decay times the
// scheduled rate). t counts the updates of each parameter on its own.
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sqrt.h>

#include <cmath>

#include "kindred/optim/optimizers.h"
#include "kindred/optim/state.h"

namespace kindred {
namespace {

class AdamW final : public Optimizer {
 public:
  AdamW(const OptimizerOptions& options, std::vector<ParameterGroup> groups, double peak_lr)
      : options_(options),
        groups_(std::move(groups)),
        peak_lr_(peak_lr),
        mean_(zero_slots(groups_)),
        square_(zero_slots(groups_)) {
    for (const auto& group : groups_) {
      auto& row = steps_.emplace_back();
      for (size_t i = 0; i < group.parameters.size(); ++i) row.push_back(torch::zeros({}, torch::kInt64));
    }
  }

  void step(double lr) override {
    torch::NoGradGuard no_grad;
    for (size_t g = 0; g < groups_.size(); ++g) step_group(g, group_rate(groups_[g], lr, peak_lr_));
  }

  void zero_grad() override { zero_gradients(groups_); }

  NamedTensors state() override {
    NamedTensors out;
    append_slots(out, groups_, mean_, "mean");
    append_slots(out, groups_, square_, "square");
    append_slots(out, groups_, steps_, "steps");
    return out;
  }

  void load_state(const NamedTensors& from) override { copy_state(state(), from); }

 private:
  void step_group(size_t g, double rate) {
    const auto& group = groups_[g];
    std::vector<torch::Tensor> parameters, gradients, means, squares;
    std::vector<at::Scalar> scales, root_corrections;  // of each parameter, by its own t
    for (size_t i = 0; i < group.parameters.size(); ++i) {
      const auto& parameter = group.parameters[i].second;
      if (!parameter.grad().defined()) continue;
      parameters.push_back(parameter);
      gradients.push_back(parameter.grad());
      means.push_back(mean_[g][i]);
      squares.push_back(square_[g][i]);
      const auto t = static_cast<double>(++*steps_[g][i].data_ptr<int64_t>());
      scales.emplace_back(-rate / (1 - std::pow(options_.beta1, t)));
      root_corrections.emplace_back(std::sqrt(1 - std::pow(options_.beta2, t)));
    }
    if (parameters.empty()) return;
    if (group.weight_decay != 0) at::_foreach_mul_(parameters, 1 - rate * group.weight_decay);
    at::_foreach_mul_(means, options_.beta1);
    at::_foreach_add_(means, gradients, 1 - options_.beta1);
    at::_foreach_mul_(squares, options_.beta2);
    at::_foreach_addcmul_(squares, gradients, gradients, 1 - options_.beta2);
    auto roots = at::_foreach_sqrt(squares);
    at::_foreach_div_(roots, root_corrections);
    at::_foreach_add_(roots, options_.eps);
    at::_foreach_addcdiv_(parameters, means, roots, scales);
  }

  OptimizerOptions options_;
  std::vector<ParameterGroup> groups_;
  double peak_lr_;
  Slots mean_, square_;
  Slots steps_;  // 0-D int64, on the CPU
};

}  // namespace

std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                      double peak_lr) {
  return std::make_unique<AdamW>(options, std::move(groups), peak_lr);
}

}  // namespace kindred
