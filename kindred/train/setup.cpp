// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/setup.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/data/spec.h"
#include "kindred/nn/split_encoder.h"

namespace kindred {
namespace {

constexpr uint64_t kMethodSeed = 0x6d6574686f64;  // sets the method's weights apart from the encoder's

DatasetPtr open_training_data(const TrainOptions& options) {
  check(!options.data.empty(), "train: expected data.train to name the training data, got nothing");
  auto dataset = open_dataset(options.data);
  check(dataset->size() >= options.run.batch, "train: expected at least run.batch = ", options.run.batch,
        " samples in ", options.data, ", got ", dataset->size());
  check(!find_method(options.method).needs_labels || dataset->info().labelled, "train: expected labelled data for ",
        options.method, ", got ", options.data, " without labels");
  return dataset;
}

EncoderPtr make_encoder(const TrainOptions& options, const Preprocess& preprocess) {
  EncoderPtr encoder;
  try {
    encoder = encoder_for(*options.encoder_recipe, preprocess);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("train: expected an encoder that takes " + options.data + ", got " + error.what());
  }
  const ImageViewOptions& views = options.image_views;
  const bool smaller = preprocess.modality == "image" && views.local_count > 0 && views.local_side < 1;
  check(!smaller || encoder->any_size(),
        "train: expected an encoder that takes local crops of a size of their own, got ", options.encoder,
        "; set views.local_side=1 or views.local_count=0");
  init_weights(*encoder, static_cast<uint64_t>(options.run.seed));
  return encoder;
}

ViewsPtr make_views(const TrainOptions& options, const DatasetPtr& dataset, const Preprocess& preprocess) {
  const bool vectors = dataset->info().modality == Modality::kVector;
  auto views = vectors ? vector_views(options.vector_views, preprocess) : image_views(options.image_views, preprocess);
  return positive_views(dataset, std::move(views), options.positives);
}

void split_channels(const TrainOptions& options, Preprocess& preprocess) {
  if (options.channels == "all") return;
  try {
    split_parts(preprocess, options.channels);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("train: expected data whose channels can be split for " + options.method + ", got " +
                          options.data + ": " + error.what());
  }
}

int64_t count_classes(const Dataset& dataset) {
  int64_t largest = kNoLabel;
  if (dataset.info().labelled)
    for (int64_t i = 0; i < dataset.size(); ++i) largest = std::max(largest, dataset.label(i));
  return largest + 1;
}

std::string label_reader(const LoaderOptions& loading, const PositiveOptions& positives) {
  const std::string& sampler = loading.sampler;
  if (sampler == "classes" || sampler == "balanced") return "loader.sampler = " + sampler;
  if (sampler == "auto" && loading.per_class > 0) return concat("loader.per_class = ", loading.per_class);
  return positives.from == "label" ? "views.positives.from = label" : "";
}

}  // namespace

Setup set_up(TrainOptions options) {
  check(options.method_recipe != nullptr && options.encoder_recipe != nullptr,
        "train: expected options made by resolve(), got options without recipes");
  Setup s;
  s.options = std::move(options);
  const RunOptions& run = s.options.run;
  s.dataset = open_training_data(s.options);
  s.preprocess = fit_preprocess(*s.dataset, run.size);
  split_channels(s.options, s.preprocess);

  LoaderOptions loading = s.options.loader;
  loading.batch = run.batch;
  loading.seed = static_cast<uint64_t>(run.seed);
  s.loader = std::make_unique<Loader>(s.dataset, make_views(s.options, s.dataset, s.preprocess), loading);
  s.batches_per_epoch = s.loader->batches_per_epoch();
  const auto steps_of = [&](double epochs) { return std::llround(epochs * static_cast<double>(s.batches_per_epoch)); };
  s.total_steps = run.steps > 0 ? run.steps : std::max<int64_t>(1, steps_of(run.epochs));
  s.warmup_steps = steps_of(s.options.schedule.warmup_epochs);

  s.method = s.options.method_recipe->make({.encoder = make_encoder(s.options, s.preprocess),
                                            .new_encoder = [&] { return make_encoder(s.options, s.preprocess); },
                                            .seed = mix64(static_cast<uint64_t>(run.seed) ^ kMethodSeed),
                                            .batch = run.batch,
                                            .total_steps = s.total_steps,
                                            .dataset_size = s.dataset->size(),
                                            .input_shape = input_shape(s.preprocess),
                                            .classes = count_classes(*s.dataset),
                                            .per_class = loading.per_class,
                                            .steps_per_epoch = static_cast<double>(s.batches_per_epoch),
                                            .label_reader = label_reader(loading, s.options.positives)});
  s.method->train();
  s.groups = s.method->parameter_groups(s.options.optim);
  s.peak_lr = scaled_lr(s.options.optim, run.batch);
  s.optimizer = make_optimizer(s.options.optim, s.groups, s.peak_lr);
  return s;
}

}  // namespace kindred
