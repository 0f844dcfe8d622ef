// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/random_crop.h"

#include <algorithm>
#include <cmath>

namespace kindred {

ImageBox random_crop(int64_t height, int64_t width, const CropRange& range, CounterRng& rng) {
  const auto h = static_cast<double>(height), w = static_cast<double>(width);
  const double log_min = std::log(range.ratio_min), log_max = std::log(range.ratio_max);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double area = h * w * rng.uniform(range.scale_min, range.scale_max);
    const double ratio = std::exp(rng.uniform(log_min, log_max));
    const double box_width = std::nearbyint(std::sqrt(area * ratio)),
                 box_height = std::nearbyint(std::sqrt(area / ratio));
    if (box_width < 1 || box_width > w || box_height < 1 || box_height > h) continue;
    ImageBox box{.height = static_cast<int64_t>(box_height), .width = static_cast<int64_t>(box_width)};
    box.top = static_cast<int64_t>(rng.below(static_cast<uint64_t>(height - box.height + 1)));
    box.left = static_cast<int64_t>(rng.below(static_cast<uint64_t>(width - box.width + 1)));
    return box;
  }
  double box_height = h, box_width = w;
  if (w / h < range.ratio_min) box_height = std::nearbyint(w / range.ratio_min);
  if (w / h > range.ratio_max) box_width = std::nearbyint(h * range.ratio_max);
  ImageBox box{.height = static_cast<int64_t>(std::clamp(box_height, 1.0, h)),
               .width = static_cast<int64_t>(std::clamp(box_width, 1.0, w))};
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

}  // namespace kindred
