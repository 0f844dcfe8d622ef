// SPDX-License-Identifier: Apache-2.0
// What a training step is given.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace kindred {

struct Batch {
  std::vector<at::Tensor> views;  // V tensors, [B, C, H, W] or [B, F], float32, normalised; row i of each is sample i;
                                  // views may differ in H and W (local crops)
  at::Tensor labels;              // [B] int64, kNoLabel where there is none
  at::Tensor ids;                 // [B] int64 (the 64 bits of the sample ids)
  at::Tensor streams = {};        // [B] int64: what names a sample's random numbers: its id, mixed with which of its
                                  // appearances in the epoch this is
  at::Tensor positions = {};      // [B] int64: where in the data set the samples lie, 0 .. size - 1
  int64_t epoch = 0;
  int64_t index = 0;  // batch number inside the epoch
};

}  // namespace kindred
