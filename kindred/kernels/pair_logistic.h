// SPDX-License-Identifier: Apache-2.0
// The logistic loss of one tile of similarities, u = scale s + bias:
//   a pair of one code costs same softplus(-u), a pair of two codes different softplus(u).
// A pair with s = -inf or NaN counts as nothing. log(1 + e^-|u|) is exact to 4e-7 (float) and 2e-15 (double) of its size.
#pragma once

#include "kindred/kernels/pair_softmax.h"

namespace kindred {

template <class T>
struct PairLogistic {
  T scale, bias;
  T same, different;  // weights
};

// The sum over the tile, whose codes must be given; keep does not count. Each row in T, the rows in double.
double logistic_sum(const PairTile<float>& tile, const PairLogistic<float>& loss);
double logistic_sum(const PairTile<double>& tile, const PairLogistic<double>& loss);

// s becomes the derivative by s, times factor. Rows and columns up to the next multiple of 8 become 0.
void logistic_weights(const PairTile<float>& tile, const PairLogistic<float>& loss, float factor);
void logistic_weights(const PairTile<double>& tile, const PairLogistic<double>& loss, double factor);

}  // namespace kindred
