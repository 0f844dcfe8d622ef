// SPDX-License-Identifier: Apache-2.0
#include "tests/methods/toy_method.h"

#include <torch/utils.h>

#include "kindred/core/config.h"
#include "kindred/core/rng.h"
#include "kindred/nn/split_encoder.h"

namespace kindred::test {

MethodPtr toy_method(std::string_view name, int64_t batch, uint64_t seed,
                     const std::vector<std::pair<std::string, std::string>>& settings) {
  torch::set_num_threads(1);  // the tensors are too small to share; on a busy machine the threads wait for each other
  const std::shared_ptr<EncoderRecipe> encoder_recipe = find_encoder("mlp").recipe();
  Config hidden;
  hidden.set("hidden", "[12, 10]", "test");
  hidden.apply(encoder_recipe->fields());
  Preprocess preprocess{.modality = "vector", .features = kFeatures};
  if (const auto channels = find_method(name).channels; channels != "all") split_parts(preprocess, channels);
  auto encoder = encoder_for(*encoder_recipe, preprocess);
  init_weights(*encoder, seed);
  const auto recipe = find_method(name).recipe();
  for (const auto& field : recipe->fields()) {
    if (field.name == "head.hidden") *std::get<int64_t*>(field.value) = 12;
    if (field.name == "head.out") *std::get<int64_t*>(field.value) = 5;
    if (field.name == "predictor.hidden") *std::get<int64_t*>(field.value) = 4;
    if (field.name == "queue") *std::get<int64_t*>(field.value) = 20;
    if (field.name == "prototypes") *std::get<int64_t*>(field.value) = 7;
    if (field.name == "freeze_epochs") *std::get<double*>(field.value) = 0;
  }
  for (const auto& [field, text] : settings) {  // one by one: metric's loss.name decides which others there are
    Config config;
    config.set(field, text, "test");
    config.apply(recipe->fields());
  }
  recipe->fields();
  return recipe->make({.encoder = encoder,
                       .new_encoder = [=] { return encoder_for(*encoder_recipe, preprocess); },
                       .seed = seed + 100,
                       .batch = batch,
                       .total_steps = 100,
                       .dataset_size = 1000,
                       .input_shape = {kFeatures},
                       .classes = 3,
                       .per_class = find_method(name).per_class,
                       .steps_per_epoch = 1000.0 / static_cast<double>(batch)});
}

Batch toy_batch(int64_t samples, int64_t views, double noise, uint64_t round) {
  Batch batch;
  batch.labels = torch::empty(samples, torch::kLong);
  batch.ids = torch::arange(samples, torch::kLong) + static_cast<int64_t>(round) * 1000;
  batch.positions = torch::arange(samples, torch::kLong);
  for (int64_t view = 0; view < views; ++view) {
    auto rows = torch::empty({samples, kFeatures});
    for (int64_t i = 0; i < samples; ++i) {
      batch.labels[i] = i % 3;
      const auto sample = round * 1000 + static_cast<uint64_t>(i);
      CounterRng centre(1, RngOp::kTest, static_cast<uint64_t>(i % 3));
      CounterRng own(2, RngOp::kTest, sample);
      CounterRng per_view(3 + static_cast<uint64_t>(view), RngOp::kTest, sample);
      for (int64_t f = 0; f < kFeatures; ++f)
        rows[i][f] = centre.normal() + 0.3 * own.normal() + noise * per_view.normal();
    }
    batch.views.push_back(rows);
  }
  return batch;
}

}  // namespace kindred::test
