// SPDX-License-Identifier: Apache-2.0
// --model: a run directory, a model file, or a baseline ("pixels", "random:ENCODER").
#pragma once

#include <optional>
#include <string>

#include "kindred/cli/command.h"
#include "kindred/eval/embed.h"
#include "kindred/nn/model.h"

namespace kindred::cli {

class ModelSource {
 public:
  // `reference` is the data set a baseline's preprocessing is fitted to (the training split). Throws.
  ModelSource(const std::string& text, const Dataset& reference, uint64_t seed);

  const std::string& text() const { return text_; }
  const Model* model() const { return model_ ? &*model_ : nullptr; }  // nullptr: pixels
  const Preprocess& preprocess() const { return preprocess_; }
  // Embeds with progress on io.err.
  Embeddings embed(DatasetPtr dataset, Io& io, const std::string& what) const;

 private:
  std::string text_;
  std::optional<Model> model_;
  Preprocess preprocess_;
};

}  // namespace kindred::cli
