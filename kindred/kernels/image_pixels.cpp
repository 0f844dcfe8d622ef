// SPDX-License-Identifier: Apache-2.0
// Plain loops that the compiler vectorises, once per target. Compiled without fused multiply-add (CMakeLists.txt), so
// that every target rounds alike.
#include "kindred/kernels/image_pixels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/image_pixels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {

void image_grey(const ImageSource& rgb, uint8_t* grey) {
  for (int64_t y = 0; y < rgb.height; ++y, grey += rgb.width) {
    const uint8_t* row = rgb.pixels + y * rgb.row_stride;
    for (int64_t x = 0; x < rgb.width; ++x)
      grey[x] =
          static_cast<uint8_t>((row[3 * x] * 19595 + row[3 * x + 1] * 38470 + row[3 * x + 2] * 7471 + 0x8000) >> 16);
  }
}

void image_normalise(const uint8_t* HWY_RESTRICT values, int64_t step, int64_t count, float scale, float offset,
                     float* HWY_RESTRICT out) {
  if (step == 1) {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(values[i]) * scale + offset;
  } else {
    for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(values[i * step]) * scale + offset;
  }
}

void image_add_noise(uint8_t* HWY_RESTRICT values, const float* HWY_RESTRICT noise, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float sum = static_cast<float>(values[i]) + noise[i] + 0.5f;
    values[i] = static_cast<uint8_t>(sum < 0.0f ? 0.0f : sum > 255.0f ? 255.0f : sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
HWY_EXPORT(image_grey);
HWY_EXPORT(image_normalise);
HWY_EXPORT(image_add_noise);
void image_grey(const ImageSource& rgb, uint8_t* grey) { HWY_DYNAMIC_DISPATCH(image_grey)(rgb, grey); }
void image_normalise(const uint8_t* values, int64_t step, int64_t count, float scale, float offset, float* out) {
  HWY_DYNAMIC_DISPATCH(image_normalise)(values, step, count, scale, offset, out);
}
void image_add_noise(uint8_t* values, const float* noise, int64_t count) {
  HWY_DYNAMIC_DISPATCH(image_add_noise)(values, noise, count);
}
}  // namespace kindred
#endif
