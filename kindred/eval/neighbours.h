// SPDX-License-Identifier: Apache-2.0
// Inside of nearest_neighbours(): the same with the tile sizes in hand, for tests and benchmarks.
#pragma once

#include "kindred/eval/protocols.h"

namespace kindred {

struct NeighbourTiles {
  int64_t queries = 0;    // rows of a query tile; 0 = 256, or less where that would leave threads idle
  int64_t corpus = 1024;  // rows of a corpus tile
};
// The result does not depend on tiles.
Neighbours nearest_neighbours_tiled(const at::Tensor& queries, const at::Tensor& corpus, int64_t k,
                                    const at::Tensor& query_ids, const at::Tensor& corpus_ids,
                                    const NeighbourTiles& tiles);

}  // namespace kindred
