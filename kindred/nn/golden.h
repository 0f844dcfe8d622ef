// SPDX-License-Identifier: Apache-2.0
// Golden embeddings: what a model made of four synthetic inputs when it was saved, so that whoever loads it can tell that
// it still computes the same. Only model.cpp and its tests include this.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/nn/encoder.h"

namespace kindred {

struct Golden {
  uint64_t seed = 0;
  torch::Tensor embeddings;  // [4, D] float32
};

// Standard normal samples [4, ...shape], row i from CounterRng(seed, RngOp::kGolden, i).
torch::Tensor golden_inputs(const InputShape& shape, uint64_t seed);

// Embeds the inputs in evaluation mode without gradients; the encoder's modes are restored.
Golden make_golden(Encoder& encoder, const InputShape& shape, uint64_t seed);

// {"seed": 1, "embeddings": [[...], ...]}; floats in the shortest form that reads back to the same bits.
std::string golden_text(const Golden& golden);
// Throws InvalidArgument where text is not of that form with four rows of `dims` finite numbers.
Golden parse_golden(const std::string& text, int64_t dims);

// The largest distance of a row of `now` from its row in `then`, as a share of the latter's norm; row: which one.
struct GoldenGap {
  double gap = 0;
  int64_t row = 0;
};
GoldenGap golden_gap(const torch::Tensor& then, const torch::Tensor& now);

}  // namespace kindred
