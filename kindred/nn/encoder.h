// SPDX-License-Identifier: Apache-2.0
// Encoders: what turns a prepared sample into a representation.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/core/recipe.h"

namespace kindred {

// Shape of one prepared sample: {C, H, W} or {F}.
using InputShape = std::vector<int64_t>;

class Encoder : public torch::nn::Module {
 public:
  // x: [B, ...InputShape] float -> [B, out_dim()].
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  int64_t out_dim() const { return out_dim_; }
  // Whether H and W of an image may differ from those it was made for.
  virtual bool any_size() const { return true; }
  // Called by init_weights() after every weight has its start value: the place for an encoder's exceptions.
  virtual void after_init() {}

 protected:
  int64_t out_dim_ = 0;  // set by the constructor of the derived class
};
using EncoderPtr = std::shared_ptr<Encoder>;
using EncoderRecipe = Recipe<EncoderPtr, const InputShape&>;

struct EncoderRow {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<EncoderRecipe> (*recipe)();
};
std::span<const EncoderRow> encoder_rows();             // sorted by name
const EncoderRow& find_encoder(std::string_view name);  // throws InvalidArgument with the nearest names

// Initialises every weight from the counter generator (core/rng.h, RngOp::kInit, one stream per parameter, keyed by the
// hash of its name), so that the same seed gives the same bits whatever LibTorch's version and thread count. He-normal
// fan-out for convolutions, LibTorch's default uniform bounds for linear layers, 1 and 0 for norms, then after_init() of
// each Encoder inside. Parameters that other modules hold themselves stay as they are: their owner gives them values.
void init_weights(torch::nn::Module& module, uint64_t seed);

}  // namespace kindred
