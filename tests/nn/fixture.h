// SPDX-License-Identifier: Apache-2.0
// Deterministic tensors and small helpers for the tests of nn.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

#include "kindred/core/config.h"
#include "kindred/core/rng.h"
#include "kindred/nn/encoder.h"

namespace kindred::test {

// Normal numbers of a stream of their own.
inline torch::Tensor normal_tensor(std::vector<int64_t> shape, uint64_t stream) {
  auto out = torch::empty(shape, torch::kFloat32);
  CounterRng rng(9, RngOp::kTest, stream);
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<float>()[i] = static_cast<float>(rng.normal());
  return out;
}

// An encoder of the registry; toml: its options.
inline EncoderPtr make_encoder(std::string_view name, const InputShape& shape, const std::string& toml = "",
                               uint64_t seed = 1) {
  const auto recipe = find_encoder(name).recipe();
  Config::from_toml(toml, "test").apply(recipe->fields());
  auto encoder = recipe->make(shape);
  init_weights(*encoder, seed);
  return encoder;
}

// |a - b| / |b|.
inline double relative_gap(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

inline std::vector<std::pair<std::string, torch::Tensor>> all_tensors(const torch::nn::Module& module) {
  std::vector<std::pair<std::string, torch::Tensor>> out;
  for (const auto& item : module.named_parameters()) out.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) out.emplace_back(item.key(), item.value());
  return out;
}

}  // namespace kindred::test
