// SPDX-License-Identifier: Apache-2.0
// The shared vectors: inputs, value and gradient of a loss, made independently in float64 (tests/golden/vectors).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kindred::test {

using Tensors = std::map<std::string, at::Tensor>;  // by the names the file gives them

struct VectorCase {
  Tensors inputs;     // numbers as float64; "lab", "mask" and a list "y" as int64
  Tensors gradients;  // of those inputs that have one
  double value = 0;
};
VectorCase vector_case(const std::string& file, const std::string& name);

// Runs the loss on the case in float64 and in float32 and compares value and gradients: relative 1e-6 in double, and in float
// by default 1e-4, each against the largest element of the expected tensor (absolute 1e-9 and 1e-6 where that is near 0).
// Inputs without an expected gradient are leaves without one.
using VectorLoss = std::function<at::Tensor(const Tensors&)>;
void expect_vector(const std::string& file, const std::string& name, const VectorLoss& loss,
                   double float_tolerance = 1e-4);

}  // namespace kindred::test
