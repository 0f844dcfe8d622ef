// SPDX-License-Identifier: Apache-2.0
// One encoder for each part of the channels (or features); the representation is all outputs side by side.
//
//   x [B, C, ...] -> parts x_1, x_2, ... along dimension 1 -> encoder 1, encoder 2, ... -> [B, D_1 + D_2 + ...]
//
// Source: Tian et al. 2019, CMC, arXiv:1906.05849 section 4.
#pragma once

#include <vector>

#include "kindred/data/preprocess.h"
#include "kindred/nn/encoder.h"

namespace kindred {

class SplitEncoder final : public Encoder {
 public:
  // widths: channels (features) of each part, one per encoder.
  SplitEncoder(std::vector<EncoderPtr> encoders, std::vector<int64_t> widths);

  torch::Tensor forward(const torch::Tensor& x) override;
  bool any_size() const override;
  // The outputs of the encoders one by one, [B, encoders()[i]->out_dim()]. Throws InvalidArgument where x has not as many
  // channels as the parts together.
  std::vector<torch::Tensor> forward_parts(const torch::Tensor& x);
  const std::vector<EncoderPtr>& encoders() const { return encoders_; }

 private:
  std::vector<EncoderPtr> encoders_;
  std::vector<int64_t> widths_;
};

// The encoder that the recipe makes for samples prepared so: one, or one per part where preprocess.parts names some.
EncoderPtr encoder_for(const EncoderRecipe& recipe, const Preprocess& preprocess);

}  // namespace kindred
