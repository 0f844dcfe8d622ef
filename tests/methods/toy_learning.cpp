// SPDX-License-Identifier: Apache-2.0
#include "tests/methods/toy_learning.h"

#include <cmath>

#include "kindred/eval/collapse.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred::test {
MethodPtr toy_with(std::string_view name, int64_t batch, const std::vector<std::string>& settings) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& each : settings) pairs.emplace_back(each.substr(0, each.find('=')), each.substr(each.find('=') + 1));
  return toy_method(name, batch, 0, pairs);
}

double train_step(Method& method, const Batch& batch, double rate, int64_t step) {
  for (auto& each : method.parameters()) each.mutable_grad() = torch::Tensor();
  auto output = method.step(batch);
  output.loss.backward();
  {
    torch::NoGradGuard no_grad;
    for (auto& each : method.parameters())
      if (each.grad().defined()) each -= rate * each.grad();
  }
  method.after_optimizer_step(step);
  return output.loss.item<double>();
}

std::vector<double> first_three_losses(Method& method, int64_t views) {
  method.train();
  std::vector<double> losses;
  for (int64_t step = 0; step < 3; ++step)
    losses.push_back(train_step(method, toy_batch(8, views, 0.3, static_cast<uint64_t>(step)), 0.1, step));
  return losses;
}

std::vector<std::string> watch(const Method& method, const StepOutput& output) {
  std::vector<std::pair<double, std::string>> landmarks;
  for (const auto& landmark : method.landmarks()) landmarks.emplace_back(landmark.value, landmark.meaning);
  return collapse_warnings(collapse_figures(output.z1, output.z2), output.z1.size(0), output.z1.size(1),
                           output.loss.item<double>(), landmarks);
}

Learning learn_clusters(Method& method, int64_t views, double rate, int64_t rounds) {
  constexpr double kNoise = 1.0;
  Learning result;
  method.train();
  const auto judged = toy_batch(96, 1, kNoise, 999);
  result.before = neighbour_accuracy(method, judged);
  for (int64_t round = 0; round < rounds; ++round) {
    result.last = train_step(method, toy_batch(48, views, kNoise, static_cast<uint64_t>(round)), rate, round);
    if (round == 0) result.first = result.last;
  }
  result.after = neighbour_accuracy(method, judged);
  result.warnings = watch(method, method.step(toy_batch(48, views, kNoise, 77)));
  return result;
}

std::vector<std::pair<std::string, torch::Tensor>> gradients_of_step(Method& method, const Batch& batch) {
  for (auto& each : method.parameters()) each.mutable_grad() = torch::Tensor();
  method.step(batch).loss.backward();
  std::vector<std::pair<std::string, torch::Tensor>> out;
  for (const auto& item : method.named_parameters())
    out.emplace_back(item.key(),
                     item.value().grad().defined() ? item.value().grad().clone() : torch::zeros_like(item.value()));
  return out;
}

torch::Tensor parameter_of(const torch::nn::Module& module, const std::string& name) {
  return *module.named_parameters().find(name);
}

torch::Tensor buffer_of(const torch::nn::Module& module, const std::string& name) {
  return *module.named_buffers().find(name);
}

Rows rows_of(const torch::Tensor& tensor) {
  Rows out;
  for (int64_t i = 0; i < tensor.size(0); ++i) {
    out.emplace_back();
    for (int64_t j = 0; j < tensor.size(1); ++j) out.back().push_back(tensor[i][j].item<double>());
  }
  return out;
}

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) dot += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return dot / std::sqrt(aa * bb);
}

}  // namespace kindred::test
