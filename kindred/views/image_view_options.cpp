// SPDX-License-Identifier: Apache-2.0
// The options of image views and the presets. Strengths: SimCLR arXiv:2002.05709 appendix A (colour strength s: brightness,
// contrast, saturation 0.8 s, hue 0.2 s; s = 1 for ImageNet, 0.5 and no blur for CIFAR-10, appendix B.9); MoCo v2
// arXiv:2003.04297 and its code (crop 0.2-1, jitter 0.4, 0.4, 0.4, 0.1).
#include <array>

#include "kindred/core/error.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

ImageViewOptions no_change() {
  return {.crop_scale_min = 1, .flip = 0, .jitter = 0, .brightness = 0, .contrast = 0, .saturation = 0, .hue = 0,
          .greyscale = 0, .blur = 0};
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

struct Preset {
  std::string_view name;
  ImageViewOptions (*options)();
};
constexpr std::array<Preset, 5> kPresets{{
    {"moco", moco},
    {"none", no_change},
    {"simclr", []() -> ImageViewOptions { return {}; }},
    {"simclr_small", simclr_small},
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
  v("flip", o.flip, "probability of mirroring left and right", probability);
  v("jitter", o.jitter, "probability of the colour jitter", probability);
  v("brightness", o.brightness, "brightness factor from 1 - b to 1 + b", between(0, 100));
  v("contrast", o.contrast, "contrast factor from 1 - c to 1 + c", between(0, 100));
  v("saturation", o.saturation, "saturation factor from 1 - s to 1 + s", between(0, 100));
  v("hue", o.hue, "hue shift from -h to h, in turns", between(0, 0.5));
  v("greyscale", o.greyscale, "probability of turning grey", probability);
  v("blur", o.blur, "probability of Gaussian blur", probability);
  v("blur_sigma_min", o.blur_sigma_min, "smallest standard deviation of the blur, in pixels", Range{.low = 0.01, .high = 1000});
  v("blur_sigma_max", o.blur_sigma_max, "largest standard deviation of the blur, in pixels", Range{.low = 0.01, .high = 1000});
  v("solarize", o.solarize, "probability of inverting the pixels >= 128", probability);
  v("rotation", o.rotation, "rotation from -r to r degrees, zero fill", between(0, 180));
  v("translation", o.translation, "shift from -t to t per axis, share of the side, zero fill", between(0, 1));
  v("noise", o.noise, "standard deviation of added Gaussian noise, share of the pixel range", between(0, 1));
  v("cutout", o.cutout, "side of the square set to the mean colour, share of the picture's shorter side; 0 = none", probability);
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
