// SPDX-License-Identifier: Apache-2.0
// Multinomial logistic regression:  min over W, b of  mean_i -log softmax(W x_i + b)[y_i] + l2 / 2 |W|^2.
//
// The bias is not penalised. In scikit-learn's terms C = 1 / (l2 N). The loss and its gradient are summed in float64;
// the matrix products run in the precision of x. The result does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/core/tensor_fwd.h"
#include "kindred/eval/lbfgs.h"

namespace kindred {

struct SoftmaxModel {
  int64_t classes = 0, dims = 0;
  std::vector<double> parameters;  // W [C, D] row-major, then b [C]

  // W x + b for every row of x [N, D] float32 or float64: [N, C] in x's precision.
  at::Tensor scores(const at::Tensor& x) const;
};
SoftmaxModel zero_model(int64_t classes, int64_t dims);

// x: [N, D] float32 or float64, contiguous; y: [N] in [0, C). model: where to start, and the result.
LbfgsResult fit_softmax(const at::Tensor& x, const std::vector<int64_t>& y, double l2, const LbfgsOptions& options,
                        SoftmaxModel& model);

// mean_i -log softmax(scores_i)[y_i], in float64; rows with y < 0 are left out.
double mean_log_loss(const at::Tensor& scores, const std::vector<int64_t>& y);

}  // namespace kindred
