// SPDX-License-Identifier: Apache-2.0
// Plain loops that the compiler vectorises, once per target, and blends through Highway. Float steps are those of Pillow's C code, in its precision
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
namespace hn = hwy::HWY_NAMESPACE;

// Luma of Pillow's convert("L"); 24 bits, so exact in 32-bit integers.
inline int32_t grey_of(int32_t r, int32_t g, int32_t b) { return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16; }

using DF = hn::ScalableTag<float>;
using DI = hn::Rebind<int32_t, DF>;
using D8 = hn::Rebind<uint8_t, DF>;
using VF = hn::Vec<DF>;
using VI = hn::Vec<DI>;

// Pillow's blend of `from` (factor 0) with `to` (factor 1), whole numbers, in the lowest bits of the result.
HWY_INLINE hn::Vec<hn::RebindToUnsigned<DF>> blended(VF from, VF to, VF factor) {
  const VF value = hn::Add(from, hn::Mul(factor, hn::Sub(to, from)));
  // The cut comes before the conversion: a large factor may exceed what an integer holds. 2^23 puts a whole number there.
  const VF cut = hn::Floor(hn::Min(hn::Max(value, hn::Zero(DF())), hn::Set(DF(), 255)));
  return hn::BitCast(hn::RebindToUnsigned<DF>(), hn::Add(cut, hn::Set(DF(), 8388608)));
}
HWY_INLINE VI load_ints(const uint8_t* from) { return hn::PromoteTo(DI(), hn::LoadU(D8(), from)); }
HWY_INLINE VF as_floats(VI v) { return hn::ConvertTo(DF(), v); }

void blend_with_level(uint8_t* HWY_RESTRICT values, int64_t count, int32_t level, float factor) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
  const VF from = hn::Set(DF(), static_cast<float>(level)), by = hn::Set(DF(), factor);
  const auto step = [&](uint8_t* at) HWY_ATTR {
    hn::StoreU(hn::TruncateTo(D8(), blended(from, as_floats(load_ints(at)), by)), D8(), at);
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(values + i);
  if (i == count) return;
  uint8_t tail[HWY_MAX_BYTES] = {};
  for (int64_t k = i; k < count; ++k) tail[k - i] = values[k];
  step(tail);
  for (int64_t k = i; k < count; ++k) values[k] = tail[k - i];
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

void saturation(uint8_t* HWY_RESTRICT r, uint8_t* HWY_RESTRICT g, uint8_t* HWY_RESTRICT b, int64_t count,
                float factor) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
  const VF by = hn::Set(DF(), factor);
  const auto weight = [](int32_t w) HWY_ATTR { return hn::Set(DI(), w); };
  const auto step = [&](uint8_t* x, uint8_t* y, uint8_t* z) HWY_ATTR {
    const VI vx = load_ints(x), vy = load_ints(y), vz = load_ints(z);
    const VI sum = hn::Add(hn::Add(hn::Mul(vx, weight(19595)), hn::Mul(vy, weight(38470))),
                           hn::Add(hn::Mul(vz, weight(7471)), weight(0x8000)));
    const VF grey = as_floats(hn::ShiftRight<16>(sum));
    hn::StoreU(hn::TruncateTo(D8(), blended(grey, as_floats(vx), by)), D8(), x);
    hn::StoreU(hn::TruncateTo(D8(), blended(grey, as_floats(vy), by)), D8(), y);
    hn::StoreU(hn::TruncateTo(D8(), blended(grey, as_floats(vz), by)), D8(), z);
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(r + i, g + i, b + i);
  if (i == count) return;
  uint8_t tail[3][HWY_MAX_BYTES] = {};
  for (int64_t k = i; k < count; ++k) tail[0][k - i] = r[k], tail[1][k - i] = g[k], tail[2][k - i] = b[k];
  step(tail[0], tail[1], tail[2]);
  for (int64_t k = i; k < count; ++k) r[k] = tail[0][k - i], g[k] = tail[1][k - i], b[k] = tail[2][k - i];
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
