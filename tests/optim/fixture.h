// SPDX-License-Identifier: Apache-2.0
// Parameters and gradients for the optimiser tests.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "kindred/core/rng.h"
#include "kindred/optim/optimizer.h"

namespace kindred::test {

// Normal numbers of a stream of their own, as dtype.
inline torch::Tensor normal_tensor(std::vector<int64_t> shape, uint64_t stream, at::ScalarType dtype = at::kDouble) {
  auto out = torch::empty(shape, torch::kFloat64);
  CounterRng rng(5, RngOp::kTest, stream);
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<double>()[i] = rng.normal();
  return out.to(dtype);
}

// Three parameters: a matrix, a bias, a convolution.
inline std::vector<torch::Tensor> three_parameters(at::ScalarType dtype) {
  std::vector<torch::Tensor> out;
  const std::vector<std::vector<int64_t>> shapes = {{5, 7}, {5}, {4, 3, 3, 3}};
  for (size_t i = 0; i < shapes.size(); ++i) out.push_back(normal_tensor(shapes[i], i, dtype).requires_grad_(true));
  return out;
}

// A gradient that depends on the parameter and the step, so that errors do not cancel.
inline void set_gradients(const std::vector<torch::Tensor>& parameters, int64_t step) {
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto noise = normal_tensor(parameters[i].sizes().vec(), 100 + 10 * static_cast<uint64_t>(step) + i,
                                     parameters[i].scalar_type());
    parameters[i].mutable_grad() = parameters[i].detach() * 0.5 + noise;
  }
}

inline ParameterGroup group_of(const std::vector<torch::Tensor>& parameters, double weight_decay) {
  ParameterGroup group;
  group.name = "all";
  group.weight_decay = weight_decay;
  for (size_t i = 0; i < parameters.size(); ++i) group.parameters.emplace_back("p" + std::to_string(i), parameters[i]);
  return group;
}

// The largest difference of any element, as a share of the largest element.
inline double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace kindred::test
