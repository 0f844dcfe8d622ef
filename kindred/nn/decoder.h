// SPDX-License-Identifier: Apache-2.0
// A small decoder: from a representation back to a sample, for the methods that reconstruct.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "kindred/core/fields.h"
#include "kindred/nn/encoder.h"

namespace kindred {

struct DecoderOptions {
  int64_t width = 16;    // images: channels of the last hidden layer; the first has 4 times as many
  int64_t hidden = 512;  // vectors: units of the hidden layer
};
void visit_fields(FieldList& v, DecoderOptions& o);

class Decoder : public torch::nn::Module {
 public:
  virtual torch::Tensor forward(const torch::Tensor& h) = 0;  // [B, in] -> [B, ...shape]
};
using DecoderPtr = std::shared_ptr<Decoder>;

// Images {C, H, W}: linear to 4 width x ceil(H / 8) x ceil(W / 8), three times (double the size, convolve 3x3), cut to
// H x W. Vectors {F}: one hidden layer. Batch norm and ReLU after every layer but the last. Weights from init_weights(seed),
// but those of the last convolution, N(0, 1 / fan_in): fan-out would start the picture far outside the data's range.
DecoderPtr make_decoder(int64_t in, const InputShape& shape, const DecoderOptions& options, uint64_t seed);

}  // namespace kindred
