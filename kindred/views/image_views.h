// SPDX-License-Identifier: Apache-2.0
// Augmented views of an image: the SimCLR family of operations, every strength an option. The views of a picture are
// `count` crops of its full range of scales (global crops), then `local_count` small crops of a smaller output (multi-crop).
//
// Order of operations: random resized crop, horizontal flip, colour jitter (its four in random order), greyscale, blur,
// solarize, rotation, translation, noise, cutout; then /255 and normalisation. Strength 0 or probability 0 leaves an
// operation out. Sources: SimCLR arXiv:2002.05709 appendix A; MoCo v2 arXiv:2003.04297; BYOL arXiv:2006.07733 (solarize);
// cutout arXiv:1708.04552; multi-crop: SwAV arXiv:2006.09882 section 3.3, DINO arXiv:2104.14294.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/views/views.h"

namespace kindred {

struct ImageViewOptions {
  int64_t count = 2;             // V
  double crop_scale_min = 0.08;  // area of the crop, share of the image
  double crop_scale_max = 1.0;
  double crop_ratio_min = 3.0 / 4;  // aspect ratio of the crop, drawn log-uniformly
  double crop_ratio_max = 4.0 / 3;
  // > 0: patches at a distance: the least from the centre of view 0's crop to that of any other view,
  // share of the picture's longer side; where 100 draws do not reach it, the farthest of them
  double crop_apart = 0;
  double flip = 0.5;        // probability
  double jitter = 0.8;      // probability of the colour jitter as a whole
  double brightness = 0.8;  // factor drawn from [1 - b, 1 + b], not below 0
  double contrast = 0.8;
  double saturation = 0.8;
  double hue = 0.2;             // shift in turns, drawn from [-h, h]; 0 to 0.5
  double greyscale = 0.2;       // probability
  double blur = 0.5;            // probability
  double blur_sigma_min = 0.1;  // pixels
  double blur_sigma_max = 2.0;
  double solarize = 0.0;          // probability; pixels >= 128 are inverted
  double rotation = 0.0;          // degrees, drawn from [-r, r], zero fill
  double translation = 0.0;       // share of the side, drawn from [-t, t] per axis, zero fill
  double noise = 0.0;             // standard deviation, share of the pixel range
  double cutout = 0.0;            // side of the square, share of the image side; 0 = none
  double second_blur = -1;        // view 1: its probability in place of `blur`; -1 = the same
  double second_solarize = -1;    // likewise
  int64_t local_count = 0;        // local crops, after the global ones
  double local_scale_min = 0.05;  // their area, share of the image
  double local_scale_max = 0.14;
  double local_side = 3.0 / 7;  // side of their output, share of a global crop's: 96 of 224 pixels
  double local_blur = -1;       // probability; -1 = that of `blur`
};
void visit_fields(FieldList& v, ImageViewOptions& o);

// "simclr" (colour strength 1, crop 0.08-1, blur), "moco" (v2), "moco_v1", "byol" (its two views differ), "swav" and "dino"
// (multi-crop); each of these as "_small", without blur, for CIFAR-sized pictures ("simclr_small": colour strength 0.5);
// "weak" (crop 0.2-1 and flip), "none" (the plain view, V times). Throws InvalidArgument on another name.
ImageViewOptions image_view_preset(std::string_view name);
std::vector<std::string> image_view_presets();

// Global views have the shape {C, H, W} of preprocess, local ones local_side of it. Grey images (1 channel): saturation, hue and greyscale leave them as they are.
// Throws InvalidArgument where options are out of range.
ViewsPtr image_views(const ImageViewOptions& options, const Preprocess& preprocess);

// Views of a vector: Gaussian noise of standard deviation `noise` (in units of the feature's std), then each feature
// set to its mean with probability `mask`.
struct VectorViewOptions {
  int64_t count = 2;
  double noise = 0.1;
  double mask = 0.1;
};
void visit_fields(FieldList& v, VectorViewOptions& o);
ViewsPtr vector_views(const VectorViewOptions& options, const Preprocess& preprocess);

}  // namespace kindred
