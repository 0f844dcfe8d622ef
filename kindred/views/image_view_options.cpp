// SPDX-License-Identifier: Apache-2.0
// The options of image views and the presets. Strengths: SimCLR arXiv:2002.05709 appendix A (colour strength s: brightness,
// contrast, saturation 0.8 s, hue 0.2 s; s = 1 for ImageNet, 0.5 and no blur for CIFAR-10, appendix B.9); MoCo v2
// arXiv:2003.04297 and its code (crop 0.2-1, jitter 0.4, 0.4, 0.4, 0.1); MoCo v1 and InstDisc, its code (jitter 0.4 for all
// four and for every picture, no blur); BYOL arXiv:2006.07733 appendix B (jitter 0.4, 0.4, 0.2, 0.1; blur 1 and 0.1, solarize 0
// and 0.2); SwAV arXiv:2006.09882 and its code (SimCLR's colours, crops 0.14-1 and six of 0.05-0.14); DINO arXiv:2104.14294
// and its code (BYOL's colours, crops 0.4-1 and eight of 0.05-0.4, blur 0.5 for these). For small pictures no blur, as in
// SimCLR's, SimSiam's (arXiv:2011.10566 appendix D) and solo-learn's recipes for CIFAR-10.
#include <array>

#include "kindred/core/error.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

ImageViewOptions no_change() {
  return {.crop_scale_min = 1,
          .flip = 0,
          .jitter = 0,
          .brightness = 0,
          .contrast = 0,
          .saturation = 0,
          .hue = 0,
          .greyscale = 0,
          .blur = 0};
}

ImageViewOptions simclr_small() {
  return {.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1, .blur = 0};
}

ImageViewOptions moco() {
  return {.crop_scale_min = 0.2, .brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1};
}

ImageViewOptions weak() {
  ImageViewOptions options = no_change();
  options.crop_scale_min = 0.2;
  options.flip = 0.5;
  return options;
}

ImageViewOptions without_blur(ImageViewOptions options) {
  options.blur = 0;
  options.second_blur = options.local_blur = -1;
  return options;
}

ImageViewOptions moco_v1() {
  ImageViewOptions options = without_blur(moco());
  options.jitter = 1;
  options.hue = 0.4;
  return options;
}

ImageViewOptions byol() {
  return {.brightness = 0.4,
          .contrast = 0.4,
          .saturation = 0.2,
          .hue = 0.1,
          .blur = 1,
          .second_blur = 0.1,
          .second_solarize = 0.2};
}

ImageViewOptions swav() { return {.crop_scale_min = 0.14, .local_count = 6}; }

ImageViewOptions swav_small() {
  ImageViewOptions options = simclr_small();
  options.crop_scale_min = 0.14;
  options.local_count = 6;
  return options;
}

ImageViewOptions dino() {
  ImageViewOptions options = byol();
  options.crop_scale_min = 0.4;
  options.local_count = 8;
  options.local_scale_max = 0.4;
  options.local_blur = 0.5;
  return options;
}

struct Preset {
  std::string_view name;
  ImageViewOptions (*options)();
};
constexpr std::array<Preset, 13> kPresets{{
    {"byol", byol},
    {"byol_small", []() -> ImageViewOptions { return without_blur(byol()); }},
    {"dino", dino},
    {"dino_small", []() -> ImageViewOptions { return without_blur(dino()); }},
    {"moco", moco},
    {"moco_small", []() -> ImageViewOptions { return without_blur(moco()); }},
    {"moco_v1", moco_v1},
    {"none", no_change},
    {"simclr", []() -> ImageViewOptions { return {}; }},
    {"simclr_small", simclr_small},
    {"swav", swav},
    {"swav_small", swav_small},
    {"weak", weak},
}};

}  // namespace

void visit_fields(FieldList& v, ImageViewOptions& o) {
  const Range share{.low = 0, .high = 1, .low_open = true};
  const Range probability = between(0, 1);
  v("count", o.count, "views of each picture", between(1, 1000));
  v("crop_scale_min", o.crop_scale_min, "smallest crop, share of the picture's area; 1 = no crop", share);
  v("crop_scale_max", o.crop_scale_max, "largest crop, share of the picture's area", share);
  v("crop_ratio_min", o.crop_ratio_min, "smallest width / height of the crop", Range{.low = 0.01, .high = 100});
  v("crop_ratio_max", o.crop_ratio_max, "largest width / height of the crop", Range{.low = 0.01, .high = 100});
  v("crop_apart", o.crop_apart,
    "least distance of the other views' crops from the first's, centre to centre, share of the longer side; 0 = any",
    between(0, 1));
  v("flip", o.flip, "probability of mirroring left and right", probability);
  v("jitter", o.jitter, "probability of the colour jitter", probability);
  v("brightness", o.brightness, "brightness factor from 1 - b to 1 + b", between(0, 100));
  v("contrast", o.contrast, "contrast factor from 1 - c to 1 + c", between(0, 100));
  v("saturation", o.saturation, "saturation factor from 1 - s to 1 + s", between(0, 100));
  v("hue", o.hue, "hue shift from -h to h, in turns", between(0, 0.5));
  v("greyscale", o.greyscale, "probability of turning grey", probability);
  v("blur", o.blur, "probability of Gaussian blur", probability);
  v("blur_sigma_min", o.blur_sigma_min, "smallest standard deviation of the blur, in pixels",
    Range{.low = 0.01, .high = 1000});
  v("blur_sigma_max", o.blur_sigma_max, "largest standard deviation of the blur, in pixels",
    Range{.low = 0.01, .high = 1000});
  v("solarize", o.solarize, "probability of inverting the pixels >= 128", probability);
  v("rotation", o.rotation, "rotation from -r to r degrees, zero fill", between(0, 180));
  v("translation", o.translation, "shift from -t to t per axis, share of the side, zero fill", between(0, 1));
  v("noise", o.noise, "standard deviation of added Gaussian noise, share of the pixel range", between(0, 1));
  v("cutout", o.cutout, "side of the square set to the mean colour, share of the picture's shorter side; 0 = none",
    probability);
  const Range own = between(-1, 1);
  v("second_blur", o.second_blur, "probability of blur in the second view; negative: as in the others", own);
  v("second_solarize", o.second_solarize, "probability of solarize in the second view; negative: as in the others",
    own);
  v("local_count", o.local_count, "small crops of each picture beside its views (multi-crop)", between(0, 1000));
  v("local_scale_min", o.local_scale_min, "smallest local crop, share of the picture's area", share);
  v("local_scale_max", o.local_scale_max, "largest local crop, share of the picture's area", share);
  v("local_side", o.local_side, "side of a local crop as the encoder sees it, share of a view's; 1 = the same size",
    share);
  v("local_blur", o.local_blur, "probability of blur in local crops; negative: as in the others", own);
}

ImageViewOptions image_view_preset(std::string_view name) {
  std::string names;
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return preset.options();
    names += (names.empty() ? "" : ", ") + std::string(preset.name);
  }
  throw InvalidArgument(concat("image views: expected a preset out of ", names, ", got ", name));
}

std::vector<std::string> image_view_presets() {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

}  // namespace kindred
