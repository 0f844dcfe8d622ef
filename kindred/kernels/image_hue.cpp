// SPDX-License-Identifier: Apache-2.0
// image_hue: RGB -> Pillow's 8-bit HSV, H + shift, and back, without storing HSV.
//
// Pillow mixes float and double; a hue that falls on a whole number of 1/255 turns is rounded by those very steps, and
// one step of hue is up to six levels of a pixel. So the steps are kept: doubles where Pillow has doubles, rounded to
// float where it stores floats. Behaviour of Pillow's Convert.c (rgb2hsv, hsv2rgb).
#include <cmath>

#include "kindred/kernels/image_colour.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/image_hue.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D64 = hn::ScalableTag<double>;
using D32 = hn::Rebind<int32_t, D64>;
using DF = hn::Rebind<float, D64>;
using D8 = hn::Rebind<uint8_t, D64>;
using V64 = hn::Vec<D64>;
using V32 = hn::Vec<D32>;
using VF = hn::Vec<DF>;

HWY_INLINE V64 wide(VF v) { return hn::PromoteTo(D64(), v); }
HWY_INLINE V64 wide(V32 v) { return hn::PromoteTo(D64(), v); }
HWY_INLINE V32 whole(V64 v) { return hn::DemoteTo(D32(), v); }                           // towards zero
HWY_INLINE V64 as_float(V64 v) { return hn::PromoteTo(D64(), hn::DemoteTo(DF(), v)); }   // rounded to a float
HWY_INLINE V32 nearest(V64 v) { return whole(hn::Add(v, hn::Set(D64(), 0.5))); }         // v >= 0

// The hue in 0..255 (shift not yet added) and the saturation in 0..255; both 0 where chroma is 0.
HWY_INLINE void hue_and_saturation(V32 r, V32 g, V32 b, V32 high, V32 chroma, V32& hue, V32& saturation) {
  const D64 d;
  const D32 d32;
  const DF f;
  const auto grey = hn::Eq(chroma, hn::Zero(d32));
  const VF divisor = hn::ConvertTo(f, hn::IfThenElse(grey, hn::Set(d32, 1), chroma));
  // Sector of the largest channel, first of r, g, b on a tie: h = base + up - down, up and down in [0, 1].
  const auto is_r = hn::Eq(r, high), is_g = hn::Eq(g, high);
  const V32 up = hn::IfThenElse(is_r, b, hn::IfThenElse(is_g, r, g));
  const V32 down = hn::IfThenElse(is_r, g, hn::IfThenElse(is_g, b, r));
  const V32 base = hn::IfThenElse(is_r, hn::Zero(d32), hn::IfThenElse(is_g, hn::Set(d32, 2), hn::Set(d32, 4)));
  const V64 rise = wide(hn::Div(hn::ConvertTo(f, hn::Sub(high, up)), divisor));
  const V64 fall = wide(hn::Div(hn::ConvertTo(f, hn::Sub(high, down)), divisor));
  const V64 sector = as_float(hn::Sub(hn::Add(wide(base), rise), fall));
  const V64 one = hn::Set(d, 1.0);
  const V64 lifted = hn::Add(hn::Div(sector, hn::Set(d, 6.0)), one);  // in [5/6, 11/6]
  const V64 turns = as_float(hn::Sub(lifted, hn::IfThenElseZero(hn::Ge(lifted, one), one)));
  const V64 levels = hn::Set(d, 255.0);
  hue = hn::IfThenZeroElse(grey, whole(hn::Mul(turns, levels)));
  const VF top = hn::ConvertTo(f, hn::Max(high, hn::Set(d32, 1)));
  saturation = whole(hn::Mul(wide(hn::Div(hn::ConvertTo(f, chroma), top)), levels));
}

HWY_INLINE void shift_hue(V32& r, V32& g, V32& b, int32_t shift) {
  const D64 d;
  const D32 d32;
  const V32 high = hn::Max(r, hn::Max(g, b));
  const V32 chroma = hn::Sub(high, hn::Min(r, hn::Min(g, b)));
  V32 hue, saturation;
  hue_and_saturation(r, g, b, high, chroma, hue, saturation);
  hue = hn::And(hn::Add(hue, hn::Set(d32, shift)), hn::Set(d32, 255));

  const V64 levels = hn::Set(d, 255.0), one = hn::Set(d, 1.0);
  const V64 sixths = hn::Div(hn::Mul(wide(hue), hn::Set(d, 6.0)), levels);
  const V32 sector = whole(sixths);  // 0..6; 6 is 0 again
  const V64 inside = as_float(hn::Sub(sixths, wide(sector)));
  const V64 s = as_float(hn::Div(wide(saturation), levels));
  const V64 v = wide(high);
  const V32 p = nearest(hn::Mul(v, hn::Sub(one, s)));
  const V32 q = nearest(hn::Mul(v, hn::Sub(one, as_float(hn::Mul(s, inside)))));
  const V32 t = nearest(hn::Mul(v, hn::Sub(one, hn::Mul(s, hn::Sub(one, inside)))));
  const auto is = [&](int32_t k) HWY_ATTR { return hn::Eq(sector, hn::Set(d32, k)); };
  const auto k1 = is(1), k2 = is(2), k3 = is(3), k4 = is(4), k5 = is(5);
  // Sector:   0: v t p    1: q v p    2: p v t    3: p q v    4: t p v    5: v p q
  r = hn::IfThenElse(k1, q, hn::IfThenElse(hn::Or(k2, k3), p, hn::IfThenElse(k4, t, high)));
  g = hn::IfThenElse(hn::Or(k1, k2), high, hn::IfThenElse(k3, q, hn::IfThenElse(hn::Or(k4, k5), p, t)));
  b = hn::IfThenElse(k2, t, hn::IfThenElse(hn::Or(k3, k4), high, hn::IfThenElse(k5, q, p)));
}

void hue(uint8_t* HWY_RESTRICT r, uint8_t* HWY_RESTRICT g, uint8_t* HWY_RESTRICT b, int64_t count, int32_t shift) {
  const D32 d32;
  const D8 d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d32));
  const auto step = [&](uint8_t* x, uint8_t* y, uint8_t* z) HWY_ATTR {
    V32 vr = hn::PromoteTo(d32, hn::LoadU(d8, x)), vg = hn::PromoteTo(d32, hn::LoadU(d8, y)),
        vb = hn::PromoteTo(d32, hn::LoadU(d8, z));
    shift_hue(vr, vg, vb, shift);
    hn::StoreU(hn::DemoteTo(d8, vr), d8, x);
    hn::StoreU(hn::DemoteTo(d8, vg), d8, y);
    hn::StoreU(hn::DemoteTo(d8, vb), d8, z);
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(r + i, g + i, b + i);
  if (i == count) return;
  uint8_t tail[3][HWY_MAX_BYTES] = {};
  for (int64_t k = i; k < count; ++k) tail[0][k - i] = r[k], tail[1][k - i] = g[k], tail[2][k - i] = b[k];
  step(tail[0], tail[1], tail[2]);
  for (int64_t k = i; k < count; ++k) r[k] = tail[0][k - i], g[k] = tail[1][k - i], b[k] = tail[2][k - i];
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
HWY_EXPORT(hue);

uint8_t hue_steps(double turns) { return static_cast<uint8_t>(static_cast<int64_t>(std::trunc(turns * 255.0)) & 255); }

void image_hue(ImagePlanes image, uint8_t shift) {
  if (image.channels != 3) return;
  HWY_DYNAMIC_DISPATCH(hue)(image.plane(0), image.plane(1), image.plane(2), image.area(), shift);
}
}  // namespace kindred
#endif
