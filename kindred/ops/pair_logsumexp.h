// SPDX-License-Identifier: Apache-2.0
// The log-sum-exp of similarities over pairs of rows, tile by tile: under all softmax losses.
//
//   self:   out_i = log sum_{j != i} exp(scale <z_i, z_j>)                   one product for each unordered pair of tiles
//   cross:  rows_i = log sum_j exp(scale <q_i, k_j>),  columns_j likewise over i     one product for both
//
// Memory O(N D): the matrix of similarities exists one tile at a time, once in the forward pass and once more on the way
// back. Sources: running maximum and sum, Milakov & Gimelshein 2018, arXiv:1805.02867; recomputed tiles, Dao et al. 2022,
// arXiv:2205.14135.
//
// Each function has three versions: kComposite (the dense matrix, which defines the others), kFused (kernels/, float32 and
// float64 on a CPU; the same bits for any number of threads) and kTiled (tensor operations on blocks of rows, any device).
// First derivatives only.
#pragma once

#include <ATen/core/Tensor.h>

#include <limits>

#include "kindred/kernels/pair_softmax.h"
#include "kindred/ops/implementation.h"

namespace kindred {

// Which pairs count. Codes: [n] and [m] int64; a pair is kept where they differ (kDifferent) or are the same (kSame).
// kept: [n, m] bool, or undefined; only pairs that are true in it count.
struct PairMask {
  PairKeep keep = PairKeep::kAll;
  at::Tensor row_codes{}, column_codes{};
  at::Tensor kept{};
};

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

struct PairScale {
  double scale = 1;  // > 0
  // No |scale <a, b>| is larger: then one exponential serves both rows and columns.
  double bound = kUnbounded;
};
// Of cosines: unit rows.
inline PairScale cosine_scale(double scale) { return {scale, scale * 1.001}; }

// z: [N, D]. Row i with nothing kept: -inf, gradient 0. mask.kept and codes symmetric; self-pairs never count.
at::Tensor self_logsumexp(const at::Tensor& z, const PairScale& scale, const PairMask& mask, Implementation by);

// q: [n, D], k: [m, D]. columns undefined unless asked for.
struct RowsAndColumns {
  at::Tensor rows, columns;  // [n], [m]
};
RowsAndColumns cross_logsumexp(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                               bool columns, Implementation by);

// Codes as small whole numbers that are equal where these are: ids may be any 64-bit numbers. rows and columns may be one
// tensor. Throws InvalidArgument where there are more than 2^24 different ones.
PairMask coded_mask(PairKeep keep, const at::Tensor& row_codes, const at::Tensor& column_codes);

}  // namespace kindred
