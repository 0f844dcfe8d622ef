// SPDX-License-Identifier: Apache-2.0
#include "kindred/optim/optimizer.h"

#include <ATen/ops/_foreach_mul.h>

#include <cmath>
#include <unordered_set>

#include "kindred/core/error.h"
#include "kindred/optim/optimizers.h"
#include "kindred/optim/squared_norm.h"

namespace kindred {

void visit_fields(FieldList& v, OptimizerOptions& o) {
  v("name", o.name, "optimiser", {"adamw", "lars", "sgd"});
  v("lr", o.lr, "peak learning rate, before lr_scale", at_least(0));
  v("lr_scale", o.lr_scale, "none; linear: lr * batch / 256; sqrt: lr * sqrt(batch)", {"none", "linear", "sqrt"});
  v("weight_decay", o.weight_decay, "weight decay (adamw: decoupled, times the rate)", at_least(0));
  v("momentum", o.momentum, "sgd and lars: share of the velocity that is kept", from_below(0, 1));
  v("nesterov", o.nesterov, "sgd: Nesterov's momentum");
  v("beta1", o.beta1, "adamw: decay of the mean of gradients", from_below(0, 1));
  v("beta2", o.beta2, "adamw: decay of the mean of squared gradients", from_below(0, 1));
  v("eps", o.eps, "adamw: added to the root of the mean square", at_least(0));
  v("trust", o.trust, "lars: trust coefficient", above(0));
  v("decay_1d", o.decay_1d, "weight decay (and adaptation in lars) on biases and norms too");
  v("clip_norm", o.clip_norm, "largest norm of all gradients together; 0 = no clipping", at_least(0));
}

double scaled_lr(const OptimizerOptions& options, int64_t batch) {
  check(batch >= 1, "scaled_lr: expected batch >= 1, got ", batch);
  if (options.lr_scale == "linear") return options.lr * static_cast<double>(batch) / 256;
  if (options.lr_scale == "sqrt") return options.lr * std::sqrt(static_cast<double>(batch));
  check(options.lr_scale == "none", "scaled_lr: expected lr_scale one of none, linear, sqrt, got \"", options.lr_scale,
        "\"");
  return options.lr;
}

std::vector<ParameterGroup> default_groups(const torch::nn::Module& module, const OptimizerOptions& options) {
  ParameterGroup decay{.name = "decay", .weight_decay = options.weight_decay};
  ParameterGroup no_decay{.name = "no_decay", .adapt = false};
  for (const auto& item : module.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    auto& group = item.value().dim() >= 2 || options.decay_1d ? decay : no_decay;
    group.parameters.emplace_back(item.key(), item.value());
  }
  return {std::move(decay), std::move(no_decay)};
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                          double peak_lr) {
  OptimizerOptions o = options;
  check_fields(fields_of(o), "optimizer");
  std::unordered_set<std::string> names;
  for (const auto& group : groups)
    for (const auto& [name, parameter] : group.parameters)
      check(names.insert(name).second, "optimizer: expected each parameter in one group, got \"", name, "\" twice");
  if (o.name == "adamw") return make_adamw(o, std::move(groups), peak_lr);
  if (o.name == "lars") return make_lars(o, std::move(groups), peak_lr);
  return make_sgd(o, std::move(groups), peak_lr);
}

double clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm) {
  check(max_norm >= 0, "clip_gradients: expected max_norm >= 0, got ", max_norm);
  std::vector<torch::Tensor> gradients;
  double sum = 0;
  for (const auto& group : groups)
    for (const auto& [name, parameter] : group.parameters) {
      if (!parameter.grad().defined()) continue;
      gradients.push_back(parameter.grad());
      sum += squared_norm(gradients.back());
    }
  const double norm = std::sqrt(sum);
  if (max_norm > 0 && norm > max_norm && std::isfinite(norm)) {
    torch::NoGradGuard no_grad;
    at::_foreach_mul_(gradients, max_norm / norm);
  }
  return norm;
}

}  // namespace kindred
