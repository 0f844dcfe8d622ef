// SPDX-License-Identifier: Apache-2.0
// The passes of pair_logsumexp.h: dense, and without autograd in the fused and the tiled version. Internal to ops/ and its tests.
#pragma once

#include <utility>

#include "kindred/ops/pair_logsumexp.h"

namespace kindred {

using CrossGradients =
    std::pair<at::Tensor, at::Tensor>;  // of rows and columns, or of q and k; either may be undefined

struct QueryResult {
  at::Tensor rows;  // [n]
  at::Tensor mean;  // [n, D]: sum_j p_ij k_j, 0 where nothing is kept
};

// With autograd's graph.
at::Tensor dense_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask);
RowsAndColumns dense_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns);

// Log-sum-exps are double here, out of the fused passes and into their ways back (a float32 of 1000 has lost what the
// weights need); the tiled ones keep the type of the rows. Memory beside the results: one tile for each thread, the rows once more in panels, O(N) sums.
at::Tensor fused_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask);
at::Tensor fused_self_back(const at::Tensor& z, const at::Tensor& out, const at::Tensor& g, const PairScale& scale,
                           const PairMask& mask);
RowsAndColumns fused_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns);
CrossGradients fused_cross_back(const at::Tensor& q, const at::Tensor& k, const RowsAndColumns& out,
                                const CrossGradients& g, const PairScale& scale, const PairMask& mask, bool wants_q,
                                bool wants_k);
QueryResult fused_query(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask);

at::Tensor tiled_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask);
at::Tensor tiled_self_back(const at::Tensor& z, const at::Tensor& out, const at::Tensor& g, const PairScale& scale,
                           const PairMask& mask);
RowsAndColumns tiled_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns);
CrossGradients tiled_cross_back(const at::Tensor& q, const at::Tensor& k, const RowsAndColumns& out,
                                const CrossGradients& g, const PairScale& scale, const PairMask& mask, bool wants_q,
                                bool wants_k);
QueryResult tiled_query(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask);

}  // namespace kindred
