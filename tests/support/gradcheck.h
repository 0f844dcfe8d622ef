// SPDX-License-Identifier: Apache-2.0
// Gradients against central differences, in double.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace kindred::test {

using ScalarFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Compares autograd's gradient of f with central differences of step 1e-6 for every element of every input. The allowed
// difference is relative (to the largest element) plus 1e-8 times the size of the value: the rounding of a difference.
// Stay off kinks.
void expect_gradients(const ScalarFunction& f, const std::vector<at::Tensor>& inputs, const std::string& what,
                      double relative = 1e-6);

// [n, d] standard normal, float64, from a stream named by seed: the same on every machine.
at::Tensor random_rows(int64_t n, int64_t d, uint64_t seed);

// f's gradients at inputs; zeros where an input has none.
std::vector<at::Tensor> gradients_of(const ScalarFunction& f, const std::vector<at::Tensor>& inputs);

}  // namespace kindred::test
