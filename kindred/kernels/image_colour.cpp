// SPDX-License-Identifier: Apache-2.0
// Plain loops that the compiler vectorises, once per target. Float steps are those of Pillow's C code, in its precision
// and order; compiled without fused multiply-add (CMakeLists.txt), so that every target rounds alike.
#include "kindred/kernels/image_colour.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/image_colour.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {

// Luma of Pillow's convert("L"); 24 bits, so exact in 32-bit integers.
inline int32_t grey_of(int32_t r, int32_t g, int32_t b) { return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16; }

// Pillow's blend of `from` (factor 0) with `to` (factor 1).
inline uint8_t blend(int32_t from, int32_t to, float factor) {
  const float value = static_cast<float>(from) + factor * static_cast<float>(to - from);
  // The cut comes before the conversion: a large factor may exceed what an integer holds.
  return static_cast<uint8_t>(static_cast<int32_t>(value < 0.0f ? 0.0f : value > 255.0f ? 255.0f : value));
}

void blend_with_level(uint8_t* HWY_RESTRICT values, int64_t count, int32_t level, float factor) {
  for (int64_t i = 0; i < count; ++i) values[i] = blend(level, values[i], factor);
}

int64_t sum_of_greys(ImagePlanes image) {
  constexpr int64_t kChunk = 1 << 16;  // sums of so many bytes fit 32 bits
  const int64_t area = image.area();
  int64_t total = 0;
  for (int64_t begin = 0; begin < area; begin += kChunk) {
    const int64_t end = std::min(begin + kChunk, area);
    const uint8_t *r = image.data, *g = r + area, *b = g + area;
    int32_t sum = 0;
    if (image.channels == 1) {
      for (int64_t i = begin; i < end; ++i) sum += r[i];
    } else {
      for (int64_t i = begin; i < end; ++i) sum += grey_of(r[i], g[i], b[i]);
    }
    total += sum;
  }
  return total;
}

void saturation(uint8_t* HWY_RESTRICT r, uint8_t* HWY_RESTRICT g, uint8_t* HWY_RESTRICT b, int64_t count, float factor) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t grey = grey_of(r[i], g[i], b[i]);
    r[i] = blend(grey, r[i], factor);
    g[i] = blend(grey, g[i], factor);
    b[i] = blend(grey, b[i], factor);
  }
}

void greyscale(uint8_t* HWY_RESTRICT r, uint8_t* HWY_RESTRICT g, uint8_t* HWY_RESTRICT b, int64_t count) {
  for (int64_t i = 0; i < count; ++i) r[i] = g[i] = b[i] = static_cast<uint8_t>(grey_of(r[i], g[i], b[i]));
}

void solarize(uint8_t* values, int64_t count, uint8_t threshold) {
  for (int64_t i = 0; i < count; ++i)
    values[i] = values[i] < threshold ? values[i] : static_cast<uint8_t>(255 - values[i]);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
HWY_EXPORT(blend_with_level);
HWY_EXPORT(sum_of_greys);
HWY_EXPORT(saturation);
HWY_EXPORT(greyscale);
HWY_EXPORT(solarize);

void image_brightness(ImagePlanes image, float factor) {
  HWY_DYNAMIC_DISPATCH(blend_with_level)(image.data, image.bytes(), 0, factor);
}

int image_mean_grey(ImagePlanes image) {
  if (image.area() == 0) return 0;
  const int64_t sum = HWY_DYNAMIC_DISPATCH(sum_of_greys)(image);
  return static_cast<int>(static_cast<double>(sum) / static_cast<double>(image.area()) + 0.5);
}

void image_contrast(ImagePlanes image, float factor) {
  HWY_DYNAMIC_DISPATCH(blend_with_level)(image.data, image.bytes(), image_mean_grey(image), factor);
}

void image_saturation(ImagePlanes image, float factor) {
  if (image.channels != 3) return;
  HWY_DYNAMIC_DISPATCH(saturation)(image.plane(0), image.plane(1), image.plane(2), image.area(), factor);
}

void image_greyscale(ImagePlanes image) {
  if (image.channels != 3) return;
  HWY_DYNAMIC_DISPATCH(greyscale)(image.plane(0), image.plane(1), image.plane(2), image.area());
}

void image_solarize(ImagePlanes image, uint8_t threshold) {
  HWY_DYNAMIC_DISPATCH(solarize)(image.data, image.bytes(), threshold);
}
}  // namespace kindred
#endif
