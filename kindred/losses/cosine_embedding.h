// SPDX-License-Identifier: Apache-2.0
// Cosine embedding:  similar: 1 - cos;  not similar: max(0, cos - margin);  the mean over pairs.
// Source: torch's CosineEmbeddingLoss, without the 1e-12 it adds under each root. The cosine with a zero row is 0.
// Stationary at cos = 1 and at cos = -1: opposite rows that should be alike get no gradient.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/losses/miner.h"
#include "kindred/losses/reducer.h"

namespace kindred {

struct Relation;

struct CosineEmbeddingOptions {
  double margin = 0;  // the largest cosine left alone; 0 to 0.5 are usual
  std::string reduction = "mean";
  MinerOptions miner{};
};
inline void visit_fields(FieldList& v, CosineEmbeddingOptions& o) {
  v("margin", o.margin, "cosine up to which dissimilar pairs are left alone", between(-1, 1));
  v("reduction", o.reduction, "how the pairs become the loss", reduction_names());
  v.group("miner", o.miner);
}

// Row i of a with row i of b, [N, D]; similar: [N], > 0 where they are alike (1 and -1 as in torch, or 1 and 0).
at::Tensor cosine_embedding_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& similar,
                                 const CosineEmbeddingOptions& options = {});
// Ordered pairs of rows of x. No pairs: 0 with a gradient path.
at::Tensor cosine_embedding(const at::Tensor& x, const Relation& relation, const CosineEmbeddingOptions& options = {},
                            uint64_t seed = 0);

}  // namespace kindred
