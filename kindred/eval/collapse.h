// SPDX-License-Identifier: Apache-2.0
// The collapse watch: figures of a batch of embeddings that show at once when everything falls to a point or a line.
#pragma once

#include <string>
#include <vector>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct CollapseFigures {
  double std_sqrt_d = 0;      // mean per-channel std of unit rows times sqrt(D): 1 healthy, 0 collapsed
  double effective_rank = 0;  // exp(entropy of the normalised singular values of the centred unit rows)
  double alignment = 0;       // E |z1 - z2|^2 over pairs; 0 = views coincide
  double uniformity = 0;      // log E exp(-2 |x - y|^2) over pairs i < j; 0 = one point, about -4 = uniform
};

// z1, z2: [B, D], rows of two views (z2 may be undefined: alignment is then NaN). Rows are normalised here. float64 inside.
CollapseFigures collapse_figures(const at::Tensor& z1, const at::Tensor& z2);

// Plain sentences, empty when all is well. dims: D. loss may be NaN (unknown). landmark_values / meanings: of the method.
std::vector<std::string> collapse_warnings(const CollapseFigures& figures, int64_t rows, int64_t dims, double loss,
                                           const std::vector<std::pair<double, std::string>>& landmarks);

}  // namespace kindred
