// SPDX-License-Identifier: Apache-2.0
// What the tests of methods do with a toy method: train it a little, look at its neighbours, its gradients and its watch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/methods/method.h"

namespace kindred::test {

// toy_method() with options as "name=value".
MethodPtr toy_with(std::string_view name, int64_t batch, const std::vector<std::string>& settings);

// One step of plain gradient descent as the loop does it: step(), the update, after_optimizer_step(step). Returns the loss.
double train_step(Method& method, const Batch& batch, double rate, int64_t step);

// The losses of the first three steps on toy_batch(8, views) at rate 0.1.
std::vector<double> first_three_losses(Method& method, int64_t views);

struct Learning {
  double before = 0, after = 0;       // share of rows whose nearest other row is of their cluster
  double first = 0, last = 0;         // loss
  std::vector<std::string> warnings;  // of the collapse watch, after the last step
};
// Trains on `rounds` batches of 48 samples in three clusters with noise as large as their distance, so that raw neighbours
// are often wrong, and judges 96 fresh samples before and after.
Learning learn_clusters(Method& method, int64_t views, double rate, int64_t rounds = 50);

// What the collapse watch says of this step.
std::vector<std::string> watch(const Method& method, const StepOutput& output);

// Gradients of the loss of one step, by parameter, zeros where there is none.
std::vector<std::pair<std::string, torch::Tensor>> gradients_of_step(Method& method, const Batch& batch);

torch::Tensor parameter_of(const torch::nn::Module& module, const std::string& name);
torch::Tensor buffer_of(const torch::nn::Module& module, const std::string& name);

using Rows = std::vector<std::vector<double>>;
Rows rows_of(const torch::Tensor& tensor);  // [N, D] as double
double cosine(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace kindred::test
