// SPDX-License-Identifier: Apache-2.0
// Weight initialisation from the counter generator.
//
// Convolutions: N(0, 2 / fan_out), He et al. 2015 (arXiv:1502.01852, eq. 14), as torchvision's residual networks.
// Linear layers, and biases of both: uniform in +-1/sqrt(fan_in), what LibTorch does by default.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <string_view>

#include "kindred/core/rng.h"
#include "kindred/nn/encoder.h"

namespace kindred {
namespace {

// FNV-1a, 64 bits.
uint64_t name_hash(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

// Fills parameter, in row-major order of its elements whatever its layout, with draw(stream of its name).
template <class Draw>
void fill(torch::Tensor parameter, const std::string& name, uint64_t seed, Draw draw) {
  CounterRng rng(seed, RngOp::kInit, name_hash(name));
  auto values = torch::empty(parameter.sizes(), torch::kFloat32);
  float* out = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) out[i] = static_cast<float>(draw(rng));
  parameter.copy_(values);
}

void fill_uniform(const torch::Tensor& parameter, const std::string& name, uint64_t seed, double bound) {
  if (parameter.defined()) fill(parameter, name, seed, [=](CounterRng& rng) { return rng.uniform(-bound, bound); });
}

void fill_normal(const torch::Tensor& parameter, const std::string& name, uint64_t seed, double deviation) {
  fill(parameter, name, seed, [=](CounterRng& rng) { return deviation * rng.normal(); });
}

template <class Norm>
void reset_norm(Norm& norm) {
  if (norm.weight.defined()) norm.weight.fill_(1);
  if (norm.bias.defined()) norm.bias.zero_();
  norm.reset_running_stats();
}

void init_module(torch::nn::Module& module, const std::string& prefix, uint64_t seed) {
  if (auto* linear = module.as<torch::nn::LinearImpl>()) {
    const double bound = 1 / std::sqrt(static_cast<double>(linear->weight.size(1)));
    fill_uniform(linear->weight, prefix + "weight", seed, bound);
    fill_uniform(linear->bias, prefix + "bias", seed, bound);
  } else if (auto* conv = module.as<torch::nn::Conv2dImpl>()) {
    const auto& weight = conv->weight;  // [out, in / groups, kH, kW]
    const auto taps = static_cast<double>(weight.size(2) * weight.size(3));
    fill_normal(weight, prefix + "weight", seed, std::sqrt(2 / (taps * static_cast<double>(weight.size(0)))));
    fill_uniform(conv->bias, prefix + "bias", seed, 1 / std::sqrt(taps * static_cast<double>(weight.size(1))));
  } else if (auto* norm2d = module.as<torch::nn::BatchNorm2dImpl>()) {
    reset_norm(*norm2d);
  } else if (auto* norm1d = module.as<torch::nn::BatchNorm1dImpl>()) {
    reset_norm(*norm1d);
  }
}

}  // namespace

void init_weights(torch::nn::Module& module, uint64_t seed) {
  torch::NoGradGuard no_grad;
  init_module(module, "", seed);
  for (const auto& child : module.named_modules("", /*include_self=*/false))
    init_module(*child.value(), child.key() + ".", seed);
  const auto all = module.modules(/*include_self=*/false);
  if (auto* encoder = dynamic_cast<Encoder*>(&module)) encoder->after_init();
  for (const auto& child : all)
    if (auto* encoder = dynamic_cast<Encoder*>(child.get())) encoder->after_init();
}

}  // namespace kindred
