// SPDX-License-Identifier: Apache-2.0
// From one number per pair or triplet to the loss.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

enum class Reduction {
  kMean,  // over all terms
  kSum,
  kMeanNonzero,  // over the terms above 0: keeps the gradient's size late in training, makes values incomparable
  kPerAnchor,    // [N]: mean over the terms of each anchor, 0 where it has none
  kNone,         // [T]: the terms themselves
};

std::vector<std::string> reduction_names();        // mean, sum, mean_nonzero, per_anchor, none
Reduction reduction_named(std::string_view name);  // throws InvalidArgument

// terms: [T], anchor: [T] int64, each below n. No terms: 0 with a gradient path.
at::Tensor reduce(Reduction reduction, const at::Tensor& terms, const at::Tensor& anchor, int64_t n);

// The same from sums already made for each anchor: [N] sum of its terms, [N] their number, [N] the number above 0.
// Throws InvalidArgument for kNone.
at::Tensor reduce_sums(Reduction reduction, const at::Tensor& sum, const at::Tensor& count, const at::Tensor& nonzero);

// Terms of positive and of negative pairs. apart: each kind is reduced by itself and the two are added; else all terms are
// reduced together, positives first. Throws InvalidArgument for none with apart.
struct PairTerms {
  at::Tensor positive, positive_anchor;  // [P]
  at::Tensor negative, negative_anchor;  // [Q]
};
at::Tensor reduce_pairs(Reduction reduction, const PairTerms& terms, int64_t n, bool apart);

}  // namespace kindred
