// SPDX-License-Identifier: Apache-2.0
// A 2-D map of embeddings: exact t-SNE (van der Maaten, Hinton 2008) from a PCA start; deterministic.
#pragma once

#include <cstdint>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct MapOptions {
  double perplexity = 30;
  int64_t iterations = 400;
  uint64_t seed = 0;
};
// rows: [N, D], N up to a few thousand (time and memory N^2). Returns [N, 2] float32.
at::Tensor tsne(const at::Tensor& rows, const MapOptions& options = {});
// The first `dims` principal components, [N, dims]; signs fixed so that the largest loading is positive.
at::Tensor pca(const at::Tensor& rows, int64_t dims);

}  // namespace kindred
