// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/image_colour_ref.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace kindred {
namespace {

using Pixel = std::array<double, 3>;

double grey_of(const Pixel& p) { return 0.2989 * p[0] + 0.587 * p[1] + 0.114 * p[2]; }
double blend(double from, double to, double factor) { return std::clamp(from + factor * (to - from), 0.0, 1.0); }

template <class Change>
void for_pixels(float* pixels, int64_t area, Change change) {
  for (int64_t i = 0; i < area; ++i) {
    Pixel p{pixels[i], pixels[area + i], pixels[2 * area + i]};
    change(p);
    for (int64_t c = 0; c < 3; ++c) pixels[c * area + i] = static_cast<float>(p[static_cast<size_t>(c)]);
  }
}

// The colour of hue h (turns), saturation s and value v: channel n falls from v by v s times a trapezoid of the hue.
Pixel from_hsv(double h, double s, double v) {
  Pixel p{};
  const std::array<double, 3> start{5, 3, 1};
  for (size_t c = 0; c < 3; ++c) {
    const double k = std::fmod(start[c] + 6 * h, 6.0);
    p[c] = v - v * s * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
  }
  return p;
}

}  // namespace

void image_brightness_ref(float* pixels, int64_t area, double factor) {
  for_pixels(pixels, area, [&](Pixel& p) {
    for (double& x : p) x = blend(0, x, factor);
  });
}

void image_contrast_ref(float* pixels, int64_t area, double factor) {
  double sum = 0;
  for_pixels(pixels, area, [&](Pixel& p) { sum += grey_of(p); });
  const double mean = sum / static_cast<double>(std::max<int64_t>(area, 1));
  for_pixels(pixels, area, [&](Pixel& p) {
    for (double& x : p) x = blend(mean, x, factor);
  });
}

void image_saturation_ref(float* pixels, int64_t area, double factor) {
  for_pixels(pixels, area, [&](Pixel& p) {
    const double grey = grey_of(p);
    for (double& x : p) x = blend(grey, x, factor);
  });
}

void image_hue_ref(float* pixels, int64_t area, double turns) {
  for_pixels(pixels, area, [&](Pixel& p) {
    const double v = std::max({p[0], p[1], p[2]}), chroma = v - std::min({p[0], p[1], p[2]});
    if (chroma <= 0) return;
    const double sector = v == p[0]   ? (p[1] - p[2]) / chroma
                          : v == p[1] ? 2 + (p[2] - p[0]) / chroma
                                      : 4 + (p[0] - p[1]) / chroma;
    const double h = sector / 6 + turns;
    p = from_hsv(h - std::floor(h), chroma / v, v);
  });
}

void image_greyscale_ref(float* pixels, int64_t area) {
  for_pixels(pixels, area, [](Pixel& p) { p.fill(std::clamp(grey_of(p), 0.0, 1.0)); });
}

void image_solarize_ref(float* pixels, int64_t area, double threshold) {
  for_pixels(pixels, area, [&](Pixel& p) {
    for (double& x : p) x = x >= threshold ? 1 - x : x;
  });
}

}  // namespace kindred
