// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/model_source.h"

#include "kindred/cli/progress.h"
#include "kindred/core/error.h"

namespace kindred::cli {

ModelSource::ModelSource(const std::string& text, const Dataset& reference, uint64_t seed) : text_(text) {
  check(!text.empty(), "--model: expected a run directory, a model file, pixels or random:ENCODER, got nothing");
  if (text == "pixels") {
    preprocess_ = fit_preprocess(reference);
  } else if (text.starts_with("random:")) {
    preprocess_ = fit_preprocess(reference);
    model_ = make_model(text.substr(7), Config(), preprocess_, seed);
  } else {
    model_ = load_model(text);
    preprocess_ = model_->preprocess;
  }
}

Embeddings ModelSource::embed(DatasetPtr dataset, Io& io, const std::string& what) const {
  Progress progress(io, what);
  const EmbedOptions options{.progress = [&](int64_t done, int64_t total) { progress.update(done, total); }};
  return model_ ? kindred::embed(*model_, dataset, options) : embed_pixels(preprocess_, dataset, options);
}

}  // namespace kindred::cli
