// SPDX-License-Identifier: Apache-2.0
// A row for every sample of the data set: the memory bank of Wu et al. 2018, arXiv:1805.01978 section 3.1.
//
// Rows are found by position in the data set (Batch::positions), since ids are any 64 bits. They start uniform in
// +-1/sqrt(D/3), as the authors' code has them; a row becomes a unit row the first time it is updated. All of it is in
// buffers: a checkpoint has it, bit for bit.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace kindred {

class InstanceBank : public torch::nn::Module {
 public:
  // samples, dims >= 1.
  InstanceBank(int64_t samples, int64_t dims, uint64_t seed);

  // v <- unit(momentum v + (1 - momentum) f) for the rows at positions, which then have these ids. positions, ids: [B] int64,
  // no position twice; features: [B, D], no gradient kept. Throws InvalidArgument.
  void update(const torch::Tensor& positions, const torch::Tensor& ids, const torch::Tensor& features, double momentum);

  torch::Tensor rows() const { return rows_; }             // [N, D], the buffer itself
  torch::Tensor at(const torch::Tensor& positions) const;  // [B, D], a copy
  torch::Tensor seen(const torch::Tensor& positions) const { return seen_.index_select(0, positions); }  // [B] bool
  // Rows other than the own ones, at positions, that are of the same sample (one that the data set has several times),
  // among places [B, m]: [B, m] bool. Rows that have not been updated have no id yet.
  torch::Tensor copies(const torch::Tensor& positions, const torch::Tensor& ids, const torch::Tensor& places) const;
  torch::Tensor copies(const torch::Tensor& positions, const torch::Tensor& ids) const;  // the same among all: [B, N]
  int64_t samples() const { return rows_.size(0); }

 private:
  torch::Tensor rows_, ids_, seen_;  // [N, D] float32; [N] int64; [N] bool: updated before
};

}  // namespace kindred
