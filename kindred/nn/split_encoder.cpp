// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/split_encoder.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "kindred/core/error.h"

namespace kindred {

SplitEncoder::SplitEncoder(std::vector<EncoderPtr> encoders, std::vector<int64_t> widths)
    : encoders_(std::move(encoders)), widths_(std::move(widths)) {
  check(!encoders_.empty() && encoders_.size() == widths_.size(),
        "split_encoder: expected as many encoders as parts, got ", encoders_.size(), " and ", widths_.size());
  for (size_t i = 0; i < encoders_.size(); ++i) {
    register_module("part" + std::to_string(i + 1), encoders_[i]);
    out_dim_ += encoders_[i]->out_dim();
  }
}

std::vector<torch::Tensor> SplitEncoder::forward_parts(const torch::Tensor& x) {
  const int64_t channels = std::accumulate(widths_.begin(), widths_.end(), int64_t{0});
  check(x.dim() >= 2 && x.size(1) == channels, "split_encoder: expected samples of ", channels, " channels, got ",
        x.sizes());
  std::vector<torch::Tensor> out;
  int64_t from = 0;
  for (size_t i = 0; i < encoders_.size(); ++i) {
    out.push_back(encoders_[i]->forward(x.narrow(1, from, widths_[i])));  // [B, D_i]
    from += widths_[i];
  }
  return out;
}

bool SplitEncoder::any_size() const {
  return std::all_of(encoders_.begin(), encoders_.end(), [](const EncoderPtr& part) { return part->any_size(); });
}

torch::Tensor SplitEncoder::forward(const torch::Tensor& x) { return torch::cat(forward_parts(x), 1); }

EncoderPtr encoder_for(const EncoderRecipe& recipe, const Preprocess& preprocess) {
  InputShape shape = input_shape(preprocess);
  if (preprocess.parts.empty()) return recipe.make(shape);
  std::vector<EncoderPtr> encoders;
  for (const int64_t width : preprocess.parts) {
    shape[0] = width;
    encoders.push_back(recipe.make(shape));
  }
  return std::make_shared<SplitEncoder>(std::move(encoders), preprocess.parts);
}

}  // namespace kindred
