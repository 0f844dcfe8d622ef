// SPDX-License-Identifier: Apache-2.0
// Which random stream an operation of a view draws from: one each, so that switching one off leaves the others' draws
// as they were.
#pragma once

#include <cstdint>

#include "kindred/core/rng.h"

namespace kindred {

// n of RngOp::kAugment + n. Part of what makes a run reproducible: do not renumber.
enum class ViewOp : uint16_t {
  kCrop = 0,            // per try: area, ratio, top, left
  kFlip = 1,            // whether
  kJitter = 2,          // whether
  kJitterOrder = 3,     // order of the four operations
  kBrightness = 4,      // factor
  kContrast = 5,        // factor
  kSaturation = 6,      // factor
  kHue = 7,             // shift
  kGreyscale = 8,       // whether
  kBlur = 9,            // whether, sigma
  kSolarize = 10,       // whether
  kRotation = 11,       // degrees
  kTranslation = 12,    // right, down
  kNoise = 13,          // one normal number per value
  kCutout = 14,         // centre: row, column
  kVectorNoise = 32,    // one normal number per feature
  kVectorMask = 33,     // one uniform number per feature
  kCorruptNoise = 48,   // one normal number per value (methods/corruption.h)
  kCorruptMask = 49,    // per value: whether, and to which end
  kHiddenPatches = 50,  // which patches are hidden
  kPartner = 56,        // which other sample is the positive; of view 0
};

// The streams of one view of one sample.
struct ViewStreams {
  uint64_t seed = 0;
  uint32_t epoch = 0;
  uint64_t sample = 0;
  uint16_t view = 0;

  CounterRng operator()(ViewOp op) const {
    return CounterRng(
        StreamName{.seed = seed,
                   .epoch = epoch,
                   .sample = sample,
                   .view = view,
                   .op = static_cast<uint16_t>(static_cast<uint16_t>(RngOp::kAugment) + static_cast<uint16_t>(op))});
  }
};

}  // namespace kindred
