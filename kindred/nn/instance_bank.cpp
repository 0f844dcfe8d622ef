// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/instance_bank.h"

#include <torch/nn/functional/normalization.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/nn/random_rows.h"

namespace kindred {
namespace {

void check_positions(const torch::Tensor& positions, int64_t samples) {
  check(positions.defined() && positions.dim() == 1 && positions.scalar_type() == torch::kLong,
        "bank: expected positions [B] int64, got ", positions.defined() ? positions.sizes() : at::IntArrayRef{});
  if (positions.numel() == 0) return;
  const auto low = positions.min().item<int64_t>(), high = positions.max().item<int64_t>();
  check(low >= 0 && high < samples, "bank: expected positions in [0, ", samples, "), got ", low, " to ", high);
}

}  // namespace

InstanceBank::InstanceBank(int64_t samples, int64_t dims, uint64_t seed) {
  check(samples >= 1 && dims >= 1, "bank: expected at least 1 row of at least 1 number, got ", samples, " of ", dims);
  const double bound = 1 / std::sqrt(static_cast<double>(dims) / 3);
  rows_ = register_buffer("rows", random_uniform_rows(samples, dims, bound, seed));
  ids_ = register_buffer("ids", torch::zeros({samples}, torch::kLong));
  seen_ = register_buffer("seen", torch::zeros({samples}, torch::kBool));
}

torch::Tensor InstanceBank::at(const torch::Tensor& positions) const {
  check_positions(positions, samples());
  return rows_.index_select(0, positions);
}

torch::Tensor InstanceBank::copies(const torch::Tensor& positions, const torch::Tensor& ids,
                                   const torch::Tensor& places) const {
  return ids_.index_select(0, places.flatten()).view(places.sizes()).eq(ids.unsqueeze(1)) &
         seen_.index_select(0, places.flatten()).view(places.sizes()) & places.ne(positions.unsqueeze(1));
}

torch::Tensor InstanceBank::copies(const torch::Tensor& positions, const torch::Tensor& ids) const {
  const auto same = ids_.eq(ids.unsqueeze(1)) & seen_;  // [B, N]
  return same.scatter(1, positions.unsqueeze(1), /*value=*/false);
}

void InstanceBank::update(const torch::Tensor& positions, const torch::Tensor& ids, const torch::Tensor& features,
                          double momentum) {
  check(momentum >= 0 && momentum <= 1, "bank: expected momentum in [0, 1], got ", momentum);
  const auto old = at(positions);
  check(features.sizes() == old.sizes(), "bank: expected features ", old.sizes(), ", got ", features.sizes());
  torch::NoGradGuard no_grad;
  const auto moved = momentum * old + (1 - momentum) * features.detach().to(old.scalar_type());
  rows_.index_copy_(0, positions, torch::nn::functional::normalize(moved));
  ids_.index_copy_(0, positions, ids);
  seen_.index_fill_(0, positions, true);
}

}  // namespace kindred
