// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/embed.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/nn/eval_guard.h"
#include "kindred/views/loader.h"

namespace kindred {
namespace {

// Walks the data set once in its own order; represent turns a batch [B, ...] into rows [B, D].
template <class Represent>
Embeddings collect(const Preprocess& preprocess, const DatasetPtr& dataset, const EmbedOptions& options,
                   const Represent& represent) {
  check(dataset != nullptr, "embed: expected a data set, got none");
  check(options.batch >= 1, "embed: expected batch >= 1, got ", options.batch);
  const int64_t n = dataset->size();
  Loader loader(dataset, plain_view(preprocess),
                {.batch = options.batch, .workers = options.workers, .shuffle = false, .drop_last = false});
  Embeddings out;
  out.class_names = dataset->info().class_names;
  out.source = dataset->info().name;
  out.labels = at::empty({n}, at::kLong);
  out.ids = at::empty({n}, at::kLong);
  for (int64_t done = 0; done < n;) {
    const Batch batch = loader.next();
    const auto rows = represent(batch.views[0]).to(at::kCPU, at::kFloat);
    const int64_t size = rows.size(0);
    if (!out.rows.defined()) out.rows = at::empty({n, rows.size(1)}, at::kFloat);
    out.rows.narrow(0, done, size).copy_(rows);
    out.labels.narrow(0, done, size).copy_(batch.labels);
    out.ids.narrow(0, done, size).copy_(batch.ids);
    done += size;
    if (options.progress) options.progress(done, n);
  }
  return out;
}

at::Device device_of(const Encoder& encoder) {
  const auto parameters = encoder.parameters();
  return parameters.empty() ? at::Device(at::kCPU) : parameters[0].device();
}

}  // namespace

Embeddings embed(Encoder& encoder, const Preprocess& preprocess, DatasetPtr dataset, const EmbedOptions& options) {
  const EvalGuard frozen(encoder);
  const auto device = device_of(encoder);
  return collect(preprocess, dataset, options, [&](const at::Tensor& x) { return encoder.forward(x.to(device)); });
}

Embeddings embed(const Model& model, DatasetPtr dataset, const EmbedOptions& options) {
  check(model.encoder != nullptr, "embed: expected a model with an encoder, got none");
  return embed(*model.encoder, model.preprocess, std::move(dataset), options);
}

Embeddings embed_pixels(const Preprocess& preprocess, DatasetPtr dataset, const EmbedOptions& options) {
  return collect(preprocess, dataset, options, [](const at::Tensor& x) { return x.flatten(1); });
}

}  // namespace kindred
