// SPDX-License-Identifier: Apache-2.0
// Inside of tsne(): its two stages, for the tests.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/eval/map.h"

namespace kindred {

// The joint probabilities [N, N] of t-SNE, row-major: symmetric, summing to 1. Each row's conditional distribution has the
// perplexity asked for. x: [N, D] float64 contiguous. conditional_entropy (may be null): [N], in nats.
std::vector<float> tsne_affinities(const at::Tensor& x, double perplexity, std::vector<double>* conditional_entropy);

// sum p log(p / q) of a map y [N, 2].
double tsne_divergence(const std::vector<float>& affinities, const std::vector<double>& y);

}  // namespace kindred
