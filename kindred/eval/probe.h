// SPDX-License-Identifier: Apache-2.0
// Parts of the linear probes: standardisation, splits by class, the grid of regularisation strengths.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kindred/eval/softmax_regression.h"

namespace kindred {

// (x - mean) / std per feature; a feature that never changes is only centred.
struct Standardiser {
  std::vector<double> mean, scale;  // [D]; empty: leave x as it is
  // x: [N, D] float32. Returns a copy in the given precision.
  at::Tensor apply(const at::Tensor& x, at::ScalarType type) const;
};
Standardiser fit_standardiser(const at::Tensor& x);

// float64 where that costs little, else float32.
at::ScalarType probe_precision(int64_t rows, int64_t dims);

// Positions 0..n-1 by class, each class in an order drawn from (seed, RngOp::kSubset, class, epoch).
std::vector<std::vector<int64_t>> shuffled_by_class(const std::vector<int64_t>& y, int64_t classes, uint64_t seed,
                                                    uint32_t epoch);

// The rows of x and entries of y at these positions.
at::Tensor rows_at(const at::Tensor& x, const std::vector<int64_t>& positions);
std::vector<int64_t> entries_at(const std::vector<int64_t>& y, const std::vector<int64_t>& positions);

// The strengths to try, strongest first: those given, or 10^2, 10, ..., 10^-6.
std::vector<double> l2_grid(const std::vector<double>& given);
// "0.01", or "100, 10, ..., 1e-06".
std::string l2_text(std::span<const double> values);

}  // namespace kindred
