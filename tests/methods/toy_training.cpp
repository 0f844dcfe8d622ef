// SPDX-License-Identifier: Apache-2.0
#include "tests/methods/toy_training.h"

#include <torch/nn/functional/normalization.h>

#include <cmath>

#include "kindred/eval/collapse.h"
#include "tests/methods/toy_method.h"

namespace kindred::test {

NumberRows number_rows(const torch::Tensor& x) {
  NumberRows out;
  const auto wide = x.detach().to(torch::kDouble).contiguous();
  for (int64_t i = 0; i < x.size(0); ++i)
    out.emplace_back(wide.data_ptr<double>() + i * x.size(1), wide.data_ptr<double>() + (i + 1) * x.size(1));
  return out;
}

NumberRows unit_rows(const torch::Tensor& a, const torch::Tensor& b) {
  auto rows = number_rows(a);
  for (auto& row : number_rows(b)) rows.push_back(row);
  for (auto& row : rows) {
    const double length = std::sqrt(dot(row, row));
    for (double& value : row) value /= length;
  }
  return rows;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double descend_once(Method& method, const Batch& batch, double rate) {
  for (auto& each : method.parameters()) each.mutable_grad() = torch::Tensor();
  auto output = method.step(batch);
  output.loss.backward();
  torch::NoGradGuard no_grad;
  for (auto& each : method.parameters())
    if (each.grad().defined()) each -= rate * each.grad();
  return output.loss.item<double>();
}

std::vector<double> first_three_losses(std::string_view name, const Settings& settings) {
  const auto method = toy_method(name, 8, 0, settings);
  method->train();
  std::vector<double> losses;
  for (uint64_t round = 0; round < 3; ++round)
    losses.push_back(descend_once(*method, toy_batch(8, find_method(name).views, 0.3, round), 0.1));
  return losses;
}

double neighbour_accuracy(Method& method, const Batch& batch) {
  torch::NoGradGuard no_grad;
  method.eval();
  const auto h = torch::nn::functional::normalize(method.encoder()->forward(batch.views[0]));
  method.train();
  auto similarity = torch::matmul(h, h.t());
  similarity.fill_diagonal_(-2);
  return batch.labels.index_select(0, similarity.argmax(1)).eq(batch.labels).to(torch::kDouble).mean().item<double>();
}

ToyRun toy_run(std::string_view name, double rate, int64_t steps, const Settings& settings, double noise) {
  constexpr int64_t kBatch = 48;
  const int64_t views = find_method(name).views;
  ToyRun run{.method = toy_method(name, kBatch, 0, settings)};
  run.method->train();
  const auto judged = toy_batch(96, 1, noise, 999);
  run.before = neighbour_accuracy(*run.method, judged);
  for (int64_t round = 0; round < steps; ++round) {
    run.last_loss = descend_once(*run.method, toy_batch(kBatch, views, noise, static_cast<uint64_t>(round)), rate);
    if (round == 0) run.first_loss = run.last_loss;
  }
  run.after = neighbour_accuracy(*run.method, judged);
  run.last = run.method->step(toy_batch(kBatch, views, noise, 777));
  std::vector<std::pair<double, std::string>> landmarks;
  for (const auto& landmark : run.method->landmarks()) landmarks.emplace_back(landmark.value, landmark.meaning);
  run.warnings = collapse_warnings(collapse_figures(run.last.z1, run.last.z2), run.last.z1.size(0), run.last.z1.size(1),
                                   run.last.loss.item<double>(), landmarks);
  return run;
}

}  // namespace kindred::test
