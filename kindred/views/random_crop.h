// SPDX-License-Identifier: Apache-2.0
// The box of a random resized crop.
//
// Ten times: area uniform in [scale_min, scale_max] of the picture, aspect ratio (width / height) log-uniform in
// [ratio_min, ratio_max], sides rounded half to even; the first box that fits is placed uniformly. If none fits, the
// largest centred box whose ratio is the nearest allowed one. Szegedy et al. 2014, arXiv:1409.4842; the rule of
// torchvision's RandomResizedCrop.
#pragma once

#include "kindred/core/rng.h"
#include "kindred/data/image_fit.h"

namespace kindred {

struct CropRange {
  double scale_min = 0.08, scale_max = 1.0;
  double ratio_min = 3.0 / 4, ratio_max = 4.0 / 3;
};

// REQUIRES height, width >= 1, 0 < min <= max for both ranges. The box lies inside and has at least one pixel.
ImageBox random_crop(int64_t height, int64_t width, const CropRange& range, CounterRng& rng);

}  // namespace kindred
