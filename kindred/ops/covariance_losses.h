// SPDX-License-Identifier: Apache-2.0
// VICReg and Barlow Twins with their gradients in a handful of passes. losses/vicreg.h and losses/barlow_twins.h define them;
// the gradients in closed form:
//   VICReg, of a:  da = 2 w_inv (a - b) + a_c (diag(v) + 4 w_cov off(C)),   C = a_c^T a_c
//     (a_c has columns of mean 0, so what is multiplied with it does not move the means)
//   Barlow, of a:  da = r ( b_s dC^T / n - a_s m ),   m_k = sum_j C_kj dC_kj / n,   C = a_s^T b_s / n,   r the inverse deviations
// Products as in panel_products.h: the same bits for any number of threads.
#pragma once

#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct VicregWeights {
  double invariance;  // of sum_ij (a_ij - b_ij)^2
  double variance;    // of sum_k max(0, gamma - sqrt(var_k + epsilon)), each view
  double covariance;  // of sum_{k != l} (a_c^T a_c)_kl^2, each view
  double gamma, epsilon;
};
// a, b: [N, D] of one type on a CPU, N >= 2. Scalar with a graph, first derivatives.
at::Tensor fused_vicreg(const at::Tensor& a, const at::Tensor& b, const VicregWeights& weights);

struct BarlowWeights {
  double scale, lambda, epsilon;
};
at::Tensor fused_barlow_twins(const at::Tensor& a, const at::Tensor& b, const BarlowWeights& weights);

}  // namespace kindred
