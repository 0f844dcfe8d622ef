// SPDX-License-Identifier: Apache-2.0
// Views: how one sample becomes V tensors. Pure functions of (sample, seed, epoch, view).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kindred/data/preprocess.h"
#include "kindred/data/sample.h"
#include "kindred/kernels/image_blur.h"

namespace kindred {

// Buffers of one worker thread, kept between samples so that steady state allocates nothing.
struct ViewScratch {
  PreprocessScratch preprocess;
  BlurScratch blur;
  std::vector<uint8_t> bytes_a, bytes_b;  // the picture, and the one it becomes
  std::vector<float> floats_a, floats_b;
  Sample partner;                       // positives.h: the sample that the odd views are made of, and whose it is
  const void* partner_owner = nullptr;  // the Views that fetched it
  int64_t partner_of = -1;              // Sample::index
  uint64_t partner_seed = 0;
  uint32_t partner_epoch = 0;
};

// Thread-safety: const members may be called from several threads, each with its own scratch.
class Views {
 public:
  virtual ~Views() = default;
  virtual int64_t count() const = 0;                           // V
  virtual std::vector<int64_t> shape(int64_t view) const = 0;  // {C, H, W} or {F}
  // Writes view number `view` of the sample to out, shape(view) float32. The random numbers come from streams named
  // (seed, epoch, sample.id, view, op) and from nothing else.
  virtual void make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
                    ViewScratch& scratch) const = 0;
  // The box of a sample's picture of this size that its views look at: make() reads no other pixel of Sample::image. Known
  // before the picture is decoded, since crops depend on names and sizes alone.
  virtual ImageBox looked_at(int64_t height, int64_t width, uint64_t /*seed*/, uint32_t /*epoch*/,
                             uint64_t /*sample_id*/) const {
    return {.height = height, .width = width};
  }
};
using ViewsPtr = std::shared_ptr<const Views>;

// One view: the sample as the encoder sees it at evaluation.
ViewsPtr plain_view(Preprocess preprocess);

}  // namespace kindred
