// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/npy_embeddings.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include "kindred/core/error.h"
#include "kindred/data/spec.h"

namespace kindred::cli {

Embeddings npy_embeddings(const std::string& rows, const std::string& labels) {
  const auto dataset = open_dataset("npy:" + rows + (labels.empty() ? "" : "?labels=" + labels));
  check(dataset->info().modality == Modality::kVector, "kindred eval: expected ", rows,
        " to hold rows of floats [N, D]");
  const int64_t n = dataset->size(), d = dataset->info().features;
  Embeddings out;
  out.rows = at::empty({n, d}, at::kFloat);
  out.labels = at::empty({n}, at::kLong);
  out.ids = at::arange(n, at::kLong);
  out.class_names = dataset->info().class_names;
  out.source = rows;
  Sample sample;
  for (int64_t i = 0; i < n; ++i) {
    dataset->get(i, sample);
    std::copy(sample.vector.begin(), sample.vector.end(), out.rows.data_ptr<float>() + i * d);
    out.labels.data_ptr<int64_t>()[i] = sample.label;
  }
  return out;
}

}  // namespace kindred::cli
