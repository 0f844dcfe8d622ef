// SPDX-License-Identifier: Apache-2.0
// Optimisers: SGD, AdamW, LARS, over named parameter groups, with all state reachable as named tensors.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kindred/core/fields.h"

namespace kindred {

struct OptimizerOptions {
  std::string name = "sgd";  // sgd, adamw, lars
  double lr = 0.06;          // peak learning rate, used as it is; see lr_scale
  // none; linear: lr * B / 256; sqrt: lr * sqrt(B) (SimCLR's square-root rule, lr = 0.075)
  std::string lr_scale = "none";
  double weight_decay = 5e-4;
  double momentum = 0.9;  // sgd, lars
  bool nesterov = false;  // sgd
  double beta1 = 0.9;     // adamw
  double beta2 = 0.999;
  double eps = 1e-8;
  double trust = 0.001;   // lars
  bool decay_1d = false;  // weight decay (and LARS's adaptation) on 1-D parameters too: biases, norms
  double clip_norm = 0;   // global gradient norm; 0 = no clipping
};
void visit_fields(FieldList& v, OptimizerOptions& o);

// The learning rate that options ask for at batch size B.
double scaled_lr(const OptimizerOptions& options, int64_t batch);

// Parameters that share a treatment.
struct ParameterGroup {
  std::string name;  // "decay", "no_decay", "predictor", ...
  std::vector<std::pair<std::string, torch::Tensor>> parameters = {};
  double weight_decay = 0;
  double lr_factor = 1;   // times the scheduled rate
  bool fixed_lr = false;  // ignore the schedule, use the peak (SimSiam's predictor)
  bool adapt = true;      // LARS: trust ratio
};

// Two groups: 2-D and larger with weight decay, 1-D without (unless decay_1d). Parameters without requires_grad are left
// out. Order: that of named_parameters().
std::vector<ParameterGroup> default_groups(const torch::nn::Module& module, const OptimizerOptions& options);

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // One update at rate lr (the scheduled one). Parameters without a gradient are left alone.
  virtual void step(double lr) = 0;
  virtual void zero_grad() = 0;
  // Every tensor of the state, named "<parameter>/<slot>", and scalars as 0-D float64/int64. Order fixed.
  virtual std::vector<std::pair<std::string, torch::Tensor>> state() = 0;
  // Throws InvalidArgument where names or shapes differ.
  virtual void load_state(const std::vector<std::pair<std::string, torch::Tensor>>& state) = 0;
};
// peak_lr: what fixed_lr groups use.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                          double peak_lr);

// Scales all gradients so that their global 2-norm is at most max_norm (0 = only measure); returns the norm before.
// The norm is accumulated in float64, the same for any thread count.
double clip_gradients(const std::vector<ParameterGroup>& groups, double max_norm);

}  // namespace kindred
