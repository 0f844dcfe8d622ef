// SPDX-License-Identifier: Apache-2.0
// A method: how a batch of views becomes a loss. One .cpp per method; this is what all share.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/core/recipe.h"
#include "kindred/nn/encoder.h"
#include "kindred/optim/optimizer.h"
#include "kindred/views/batch.h"
#include "kindred/views/image_views.h"

namespace kindred {

struct StepOutput {
  torch::Tensor loss;                                   // scalar, with graph
  std::vector<std::pair<std::string, double>> metrics;  // extra figures for the log
  // What the collapse watch looks at: rows of two views in the space of the loss, [B, d] each, detached. May be empty.
  torch::Tensor z1, z2;
};

// A value of the loss that means something: ln(2B - 1), -1, ...
struct Landmark {
  double value = 0;
  std::string meaning;  // "all embeddings are alike, or nothing has been learnt yet"
};

// What a method is told when it is made.
struct MethodContext {
  EncoderPtr encoder;                            // its weights are already initialised
  std::function<EncoderPtr()> new_encoder = {};  // another like it, its weights not yet set: for slow copies
  uint64_t seed = 0;  // for the method's own weights: init_weights(*head, seed), a second module seed + 1, ...
  int64_t batch = 0;  // B
  int64_t total_steps = 0;
  int64_t dataset_size = 0;
  InputShape input_shape = {};  // of a view
  int64_t classes = 0;          // largest label + 1; 0 where there are no labels
  int64_t per_class = 0;        // loader.per_class
  double steps_per_epoch = 0;
  std::string label_reader = {};  // the setting by which labels choose batches or positives; empty where none does
};

class Method : public torch::nn::Module {
 public:
  virtual StepOutput step(const Batch& batch) = 0;
  // After the optimiser moved the weights of step number `step` (0-based): EMA, queues.
  virtual void after_optimizer_step(int64_t /*step*/) {}
  // What the optimiser trains. Default: default_groups(*this).
  virtual std::vector<ParameterGroup> parameter_groups(const OptimizerOptions& options) const {
    return default_groups(*this, options);
  }
  virtual std::vector<Landmark> landmarks() const { return {}; }
  // The encoder that is evaluated and saved.
  virtual EncoderPtr encoder() const = 0;
};
using MethodPtr = std::shared_ptr<Method>;
using MethodRecipe = Recipe<MethodPtr, const MethodContext&>;

struct MethodRow {
  std::string_view name;
  std::string_view summary;
  std::string_view paper;    // "arXiv:2002.05709"
  int64_t views = 2;         // how many views of a sample it needs
  bool local_crops = false;  // takes views.local_count small crops after these
  bool needs_labels = false;
  std::string_view view_preset;  // image_view_preset() that its paper uses
  int64_t per_class = 0;         // batches of P classes with so many samples each; 0 = any samples
  // views.channels: "all", or parts of Lab for encoders of their own: "L_ab", "L_a_b"
  std::string_view channels = "all";
  std::unique_ptr<MethodRecipe> (*recipe)();
};
std::span<const MethodRow> method_rows();             // sorted by name
const MethodRow& find_method(std::string_view name);  // throws InvalidArgument with the nearest names

}  // namespace kindred
