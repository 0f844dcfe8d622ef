// SPDX-License-Identifier: Apache-2.0
// Figures of the shape of one cloud of embeddings, in float64. Rows are unit rows unless said otherwise.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// x: [N, D] -> float64 rows of length 1, CPU, contiguous; zero rows stay zero.
at::Tensor unit_rows_double(const at::Tensor& x);

// Mean over channels of the standard deviation (divided by N), times sqrt(D). About sqrt(1 - mean cosine).
double std_sqrt_d(const at::Tensor& unit);

// exp(entropy of the singular values over their sum) of the centred rows (Roy, Vetterli 2007). 0 where all rows are one
// point: singular values below float32's rounding of the rows count as 0.
double effective_rank(const at::Tensor& unit);

// log of the mean over pairs i < j of exp(-2 |x_i - x_j|^2) (Wang, Isola 2020, arXiv:2005.10242). NaN for N < 2.
double uniformity(const at::Tensor& unit);

// Mean over rows of |a_i - b_i|^2 (the same paper, alpha = 2).
double alignment(const at::Tensor& unit_a, const at::Tensor& unit_b);

// Mean cosine over pairs i < j of one class (Wang, Liu 2021, arXiv:2012.09740, without self pairs and without the pairs
// of different classes, which would make the figure depend on the number of classes). NaN where no class has two rows.
// classes: [N], negative = none.
double tolerance(const at::Tensor& unit, const std::vector<int64_t>& classes);

}  // namespace kindred
