// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/image_geometry.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace kindred {

void image_flip(ImagePlanes image) {
  for (int64_t row = 0; row < image.channels * image.height; ++row) {
    uint8_t* begin = image.data + row * image.width;
    std::reverse(begin, begin + image.width);
  }
}

void image_rotate(ImagePlanes image, double degrees, uint8_t* out) {
  const double angle = degrees * std::numbers::pi / 180;
  // Fifteen digits, so that right angles map pixel centres onto pixel centres.
  const double c = std::round(std::cos(angle) * 1e15) / 1e15, s = std::round(std::sin(angle) * 1e15) / 1e15;
  const auto width = static_cast<double>(image.width), height = static_cast<double>(image.height);
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x) {
      const double from_x = static_cast<double>(x) + 0.5 - width / 2,
                   from_y = static_cast<double>(y) + 0.5 - height / 2;
      const double at_x = c * from_x - s * from_y + width / 2, at_y = s * from_x + c * from_y + height / 2;
      uint8_t* pixel = out + y * image.width + x;
      if (at_x < 0 || at_x >= width || at_y < 0 || at_y >= height) {
        for (int64_t k = 0; k < image.channels; ++k) pixel[k * image.area()] = 0;
        continue;
      }
      // Neighbours beyond the edge repeat the edge.
      const double floor_x = std::floor(at_x - 0.5), floor_y = std::floor(at_y - 0.5);
      const double share_x = at_x - 0.5 - floor_x, share_y = at_y - 0.5 - floor_y;
      const auto column = static_cast<int64_t>(floor_x), line = static_cast<int64_t>(floor_y);
      const int64_t x0 = std::max<int64_t>(column, 0), x1 = std::min(column + 1, image.width - 1);
      const int64_t y0 = std::max<int64_t>(line, 0) * image.width,
                    y1 = std::min(line + 1, image.height - 1) * image.width;
      for (int64_t k = 0; k < image.channels; ++k) {
        const uint8_t* p = image.plane(k);
        const double top = p[y0 + x0] + (p[y0 + x1] - p[y0 + x0]) * share_x;
        const double bottom = p[y1 + x0] + (p[y1 + x1] - p[y1 + x0]) * share_x;
        pixel[k * image.area()] = static_cast<uint8_t>(top + (bottom - top) * share_y);
      }
    }
}

void image_translate(ImagePlanes image, int64_t dx, int64_t dy, uint8_t* out) {
  std::memset(out, 0, static_cast<size_t>(image.bytes()));
  const int64_t kept = image.width - std::abs(dx);
  if (kept <= 0) return;
  const int64_t from_x = std::max<int64_t>(-dx, 0), to_x = std::max<int64_t>(dx, 0);
  for (int64_t k = 0; k < image.channels; ++k)
    for (int64_t y = std::max<int64_t>(dy, 0); y < image.height + std::min<int64_t>(dy, 0); ++y)
      std::memcpy(out + (k * image.height + y) * image.width + to_x,
                  image.data + (k * image.height + y - dy) * image.width + from_x, static_cast<size_t>(kept));
}

void image_fill(ImagePlanes image, int64_t top, int64_t left, int64_t height, int64_t width, const uint8_t* colour) {
  const int64_t x0 = std::clamp<int64_t>(left, 0, image.width), x1 = std::clamp<int64_t>(left + width, x0, image.width);
  const int64_t y0 = std::clamp<int64_t>(top, 0, image.height),
                y1 = std::clamp<int64_t>(top + height, y0, image.height);
  for (int64_t k = 0; k < image.channels; ++k)
    for (int64_t y = y0; y < y1; ++y)
      std::memset(image.plane(k) + y * image.width + x0, colour[k], static_cast<size_t>(x1 - x0));
}

}  // namespace kindred
