// SPDX-License-Identifier: Apache-2.0
#include "kindred/methods/corruption.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "kindred/core/rng.h"
#include "kindred/views/batch.h"
#include "kindred/views/view_streams.h"

namespace kindred {
namespace {

// What names the random numbers of a row.
uint64_t row_name(const Batch& batch, int64_t row) {
  const at::Tensor& names = batch.streams.defined() ? batch.streams : batch.ids;
  return static_cast<uint64_t>(names.data_ptr<int64_t>()[row]);
}

CounterRng row_stream(const Batch& batch, int64_t row, uint64_t seed, ViewOp op) {
  const ViewStreams streams{seed, static_cast<uint32_t>(batch.epoch), row_name(batch, row), 0};
  return streams(op);
}

// change(number, stream of the row) for every number of every row, rows on several threads.
template <class Change>
void for_numbers(const Batch& batch, at::Tensor& x, uint64_t seed, ViewOp op, Change change) {
  const int64_t rows = x.size(0), per_row = x.numel() / rows;
  at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      CounterRng rng = row_stream(batch, row, seed, op);
      float* numbers = x.data_ptr<float>() + row * per_row;
      for (int64_t i = 0; i < per_row; ++i) change(numbers[i], rng);
    }
  });
}

}  // namespace

at::Tensor corrupted(const Batch& batch, const CorruptionOptions& options, uint64_t seed) {
  auto x = batch.views[0].clone(at::MemoryFormat::Contiguous);
  if (options.kind == "gaussian") {
    for_numbers(batch, x, seed, ViewOp::kCorruptNoise,
                [&](float& number, CounterRng& rng) { number += static_cast<float>(options.sigma * rng.normal()); });
  } else if (options.kind == "mask") {
    for_numbers(batch, x, seed, ViewOp::kCorruptMask, [&](float& number, CounterRng& rng) {
      if (rng.chance(options.share)) number = 0;  // the mean, once it is subtracted
    });
  } else {
    const float low = x.min().item<float>(), high = x.max().item<float>();
    for_numbers(batch, x, seed, ViewOp::kCorruptMask, [&](float& number, CounterRng& rng) {
      if (rng.chance(options.share)) number = rng.chance(0.5) ? low : high;
    });
  }
  return x;
}

at::Tensor random_patches(const Batch& batch, int64_t patches, double share, uint64_t seed) {
  const int64_t rows = batch.views[0].size(0), hidden = std::llround(share * static_cast<double>(patches));
  auto mask = at::zeros({rows, patches}, at::kBool);
  for (int64_t row = 0; row < rows; ++row) {
    const auto order = Permutation(static_cast<uint64_t>(patches),
                                   {.seed = seed,
                                    .epoch = static_cast<uint32_t>(batch.epoch),
                                    .sample = row_name(batch, row),
                                    .op = static_cast<uint16_t>(static_cast<uint16_t>(RngOp::kAugment) +
                                                                static_cast<uint16_t>(ViewOp::kHiddenPatches))});
    for (int64_t i = 0; i < hidden; ++i)
      mask.data_ptr<bool>()[row * patches + static_cast<int64_t>(order(static_cast<uint64_t>(i)))] = true;
  }
  return mask;
}

}  // namespace kindred
