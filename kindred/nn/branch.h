// SPDX-License-Identifier: Apache-2.0
// An encoder with its head: one side of a Siamese network, and what is copied into a teacher.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>
#include <vector>

#include "kindred/nn/encoder.h"

namespace kindred {

class Branch : public torch::nn::Module {
 public:
  Branch(EncoderPtr encoder, torch::nn::Sequential head)
      : encoder_(register_module("encoder", std::move(encoder))), head_(register_module("head", std::move(head))) {}

  torch::Tensor forward(const torch::Tensor& x) { return head_->forward(encoder_->forward(x)); }  // [B, ...] -> [B, D]
  // Views of one size that follow one another share a pass, and with it the statistics of batch norm, as in the code of
  // SwAV and DINO.
  std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& views);

  EncoderPtr encoder() const { return encoder_; }
  torch::nn::Sequential head() const { return head_; }

 private:
  EncoderPtr encoder_;
  torch::nn::Sequential head_;
};

// branch(x) with the rows shuffled and passed in `groups` parts, each with batch statistics of its own: what MoCo's shuffled
// batch norm does across devices (arXiv:1911.05722 section 3.3). Without it a query can tell its key by the statistics both
// share. Fewer groups where a part would have fewer than 2 rows. seed names the shuffle.
torch::Tensor forward_in_groups(Branch& branch, const torch::Tensor& x, int64_t groups, uint64_t seed);

}  // namespace kindred
