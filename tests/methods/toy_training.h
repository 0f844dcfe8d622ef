// SPDX-License-Identifier: Apache-2.0
// What the tests of the methods do alike: a few steps of plain gradient descent on toy clusters, and slow formulas over
// rows of numbers to hold their losses against.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/methods/method.h"

namespace kindred::test {

using NumberRows = std::vector<std::vector<double>>;
using Settings = std::vector<std::pair<std::string, std::string>>;  // {"loss.temperature", "0.1"}

NumberRows number_rows(const torch::Tensor& x);  // [N, D]
// Rows of length 1; those of a, then those of b.
NumberRows unit_rows(const torch::Tensor& a, const torch::Tensor& b);
double dot(const std::vector<double>& a, const std::vector<double>& b);

// Sum of e^{s/t} over the rows j of z for which counts(j).
template <class Counts>
double exp_sum(const NumberRows& z, size_t i, double temperature, Counts counts) {
  double sum = 0;
  for (size_t j = 0; j < z.size(); ++j)
    if (counts(j)) sum += std::exp(dot(z[i], z[j]) / temperature);
  return sum;
}

// One step of plain gradient descent; the loss before it.
double descend_once(Method& method, const Batch& batch, double rate);

// The first three losses of the toy method: batches of 8, rate 0.1.
std::vector<double> first_three_losses(std::string_view name, const Settings& settings = {});

// Share of rows whose nearest other row, by cosine of their representations, is of their own cluster.
double neighbour_accuracy(Method& method, const Batch& batch);

struct ToyRun {
  MethodPtr method = {};
  StepOutput last = {};  // of a batch after the last step
  double first_loss = 0, last_loss = 0;
  double before = 0, after = 0;            // neighbour_accuracy
  std::vector<std::string> warnings = {};  // of the collapse watch, on `last`
};
// Batches of 48. At noise 1, as large as the distance between the clusters, raw neighbours are often wrong.
ToyRun toy_run(std::string_view name, double rate, int64_t steps = 50, const Settings& settings = {}, double noise = 1);

}  // namespace kindred::test
