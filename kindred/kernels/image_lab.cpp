// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/image_lab.h"

#include <cmath>

namespace kindred {
namespace {

double linear(double value) { return value > 0.04045 ? std::pow((value + 0.055) / 1.055, 2.4) : value / 12.92; }
double lab_curve(double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; }

}  // namespace

void image_lab(const float* rgb, int64_t area, float* lab) {
  for (int64_t i = 0; i < area; ++i) {
    const double r = linear(rgb[i]), g = linear(rgb[area + i]), b = linear(rgb[2 * area + i]);
    const double x = lab_curve((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047);
    const double y = lab_curve(0.212671 * r + 0.715160 * g + 0.072169 * b);
    const double z = lab_curve((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
    lab[i] = static_cast<float>(116 * y - 16);
    lab[area + i] = static_cast<float>(500 * (x - y));
    lab[2 * area + i] = static_cast<float>(200 * (y - z));
  }
}

}  // namespace kindred
