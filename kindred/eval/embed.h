// SPDX-License-Identifier: Apache-2.0
// Embeddings of a data set: by a model, or the baselines every figure is held against.
#pragma once

#include <functional>
#include <string>

#include "kindred/data/dataset.h"
#include "kindred/eval/result.h"
#include "kindred/nn/model.h"

namespace kindred {

struct EmbedOptions {
  int64_t batch = 256;
  int64_t workers = 0;
  std::function<void(int64_t done, int64_t total)> progress = {};  // called from the calling thread; may be empty
};

// Frozen, evaluation mode (batch norm uses its running statistics), the encoder's output, data set order.
Embeddings embed(const Model& model, DatasetPtr dataset, const EmbedOptions& options = {});
// The same for a live encoder during training; its training mode is restored afterwards.
Embeddings embed(Encoder& encoder, const Preprocess& preprocess, DatasetPtr dataset, const EmbedOptions& options = {});
// The prepared sample itself, flattened: the pixels baseline.
Embeddings embed_pixels(const Preprocess& preprocess, DatasetPtr dataset, const EmbedOptions& options = {});

}  // namespace kindred
