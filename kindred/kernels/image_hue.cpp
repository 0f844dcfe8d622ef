// SPDX-License-Identifier: Apache-2.0
// image_hue: RGB -> Pillow's 8-bit HSV, H + shift, and back, without storing HSV.
//
// Pillow mixes float and double; a hue that falls on a whole number of 1/255 turns is rounded by those very steps, and
// one step of hue is up to six levels of a pixel. So the steps are kept: doubles where Pillow has doubles, rounded to
// float where it stores floats. Behaviour of Pillow's Convert.c (rgb2hsv, hsv2rgb).
//
// Where the target has a fused multiply-add, floats give the same numbers twice as fast and on twice as many lanes: what
// Pillow's doubles hold is then a float and what its rounding lost, and a whole number is corrected by the sign of what it
// leaves over, which a fused step has without error. The two versions were compared for all 2^24 colours and all 256
// shifts; the tests do it for some.
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

#if HWY_NATIVE_FMA

using DF = hn::ScalableTag<float>;
using D8 = hn::Rebind<uint8_t, DF>;
using D32 = hn::Rebind<int32_t, DF>;
using VF = hn::Vec<DF>;

HWY_INLINE VF number(float value) { return hn::Set(DF(), value); }
// count, which may be one too high, where rest is what it leaves over.
HWY_INLINE VF corrected(VF count, VF rest) {
  return hn::Add(count, hn::IfThenElseZero(hn::Lt(rest, hn::Zero(DF())), number(-1)));
}
// a * factor towards zero, a and factor >= 0.
HWY_INLINE VF whole_product(VF a, float factor) {
  const VF count = hn::Floor(hn::Mul(a, number(factor)));
  return corrected(count, hn::MulSub(a, number(factor), count));
}
// a / divisor to the nearest float, and what is still missing from that.
struct Quotient {
  VF value, rest;
};
HWY_INLINE Quotient divided(VF a, float divisor) {
  const VF inverse = number(1 / divisor), d = number(divisor);
  const VF first = hn::Mul(a, inverse);
  const VF value = hn::MulAdd(hn::NegMulAdd(first, d, a), inverse, first);
  return {value, hn::Mul(hn::NegMulAdd(value, d, a), inverse)};
}

// The hue in 0..255 (shift not yet added) and the saturation in 0..255; both 0 where chroma is 0.
HWY_INLINE void hue_and_saturation(VF r, VF g, VF b, VF high, VF low, VF& hue, VF& saturation) {
  const VF one = number(1), zero = hn::Zero(DF());
  const VF chroma = hn::Sub(high, low);
  // Sector of the largest channel, first of r, g, b on a tie: h = base + up - down, of which one is 1.
  const auto is_r = hn::Eq(r, high), is_g = hn::Eq(g, high);
  const VF up = hn::IfThenElse(is_r, b, hn::IfThenElse(is_g, r, g));
  const VF down = hn::IfThenElse(is_r, g, hn::IfThenElse(is_g, b, r));
  const VF base = hn::IfThenElse(is_r, zero, hn::IfThenElse(is_g, number(2), number(4)));
  const auto up_is_low = hn::Eq(up, low);
  const VF middle = hn::IfThenElse(up_is_low, down, up);
  const VF share = hn::Div(hn::Sub(high, middle), hn::Max(chroma, one));
  const VF sign = hn::IfThenElse(up_is_low, one, number(-1));
  const VF sector = hn::NegMulAdd(sign, share, hn::Add(base, sign));  // [-1, 5]
  const Quotient sixth = divided(sector, 6);
  const VF lifted = hn::Add(sixth.value, one);  // where it is negative: plus a turn, rounded once
  const VF lost = hn::Sub(sixth.value, hn::Sub(lifted, one));
  const VF turns = hn::IfThenElse(hn::Lt(sector, zero), hn::Add(lifted, hn::Add(lost, sixth.rest)), sixth.value);
  hue = hn::IfThenZeroElse(hn::Eq(chroma, zero), whole_product(turns, 255));
  saturation = whole_product(hn::Div(chroma, hn::Max(high, one)), 255);
}

HWY_INLINE void shift_hue(VF& r, VF& g, VF& b, float shift) {
  const VF one = number(1);
  const VF high = hn::Max(r, hn::Max(g, b)), low = hn::Min(r, hn::Min(g, b));
  VF hue, saturation;
  hue_and_saturation(r, g, b, high, low, hue, saturation);
  hue = hn::Add(hue, number(shift));
  hue = hn::Sub(hue, hn::IfThenElseZero(hn::Ge(hue, number(256)), number(256)));

  const VF sixths = hn::Mul(hue, number(6));                                                // 255 make a sector
  const VF sector = hn::Floor(hn::Mul(hn::Add(sixths, number(0.5f)), number(1.0f / 255)));  // 0..6; 6 is 0 again
  const VF inside = divided(hn::NegMulAdd(sector, number(255), sixths), 255).value;
  const VF s = divided(saturation, 255).value;
  const VF middle = hn::Add(high, number(0.5f));           // rounds to nearest with Floor
  const VF p = hn::Floor(hn::NegMulAdd(high, s, middle));  // never nearer to a half than 1/510
  const VF down = hn::Mul(s, inside);
  const VF q_count = hn::Floor(hn::NegMulAdd(high, down, middle));
  const VF q = corrected(q_count, hn::NegMulAdd(high, down, hn::Sub(middle, q_count)));
  // s (1 - inside) as a float and its rest; the count starts a little too high, so that only that is to be corrected.
  const VF other = hn::Sub(one, inside), other_rest = hn::Sub(hn::Sub(one, other), inside);
  const VF rise = hn::Mul(s, other), rise_rest = hn::MulAdd(s, other_rest, hn::MulSub(s, other, rise));
  const VF t_count = hn::Floor(hn::NegMulAdd(high, rise, hn::Add(middle, number(1.0f / 16384))));
  const VF t = corrected(t_count, hn::NegMulAdd(high, rise_rest, hn::NegMulAdd(high, rise, hn::Sub(middle, t_count))));
  const auto is = [&](float k) HWY_ATTR { return hn::Eq(sector, number(k)); };
  const auto k1 = is(1), k2 = is(2), k3 = is(3), k4 = is(4), k5 = is(5);
  // Sector:   0: v t p    1: q v p    2: p v t    3: p q v    4: t p v    5: v p q
  r = hn::IfThenElse(k1, q, hn::IfThenElse(hn::Or(k2, k3), p, hn::IfThenElse(k4, t, high)));
  g = hn::IfThenElse(hn::Or(k1, k2), high, hn::IfThenElse(k3, q, hn::IfThenElse(hn::Or(k4, k5), p, t)));
  b = hn::IfThenElse(k2, t, hn::IfThenElse(hn::Or(k3, k4), high, hn::IfThenElse(k5, q, p)));
}

HWY_INLINE VF load_levels(const uint8_t* from) {
  return hn::ConvertTo(DF(), hn::PromoteTo(D32(), hn::LoadU(D8(), from)));
}
// Whole numbers from 0 to 255: in the lowest bits, once 2^23 is added.
HWY_INLINE void store_levels(VF v, uint8_t* to) {
  const hn::RebindToUnsigned<DF> bits;
  hn::StoreU(hn::TruncateTo(D8(), hn::BitCast(bits, hn::Add(v, number(8388608)))), D8(), to);
}

HWY_INLINE void hue_step(uint8_t* r, uint8_t* g, uint8_t* b, int32_t shift) {
  VF vr = load_levels(r), vg = load_levels(g), vb = load_levels(b);
  shift_hue(vr, vg, vb, static_cast<float>(shift));
  store_levels(vr, r), store_levels(vg, g), store_levels(vb, b);
}

#else

using D64 = hn::ScalableTag<double>;
using D32 = hn::Rebind<int32_t, D64>;
using DF = hn::Rebind<float, D64>;
using D8 = hn::Rebind<uint8_t, D64>;
using V64 = hn::Vec<D64>;
using V32 = hn::Vec<D32>;
using VF = hn::Vec<DF>;

HWY_INLINE V64 wide(VF v) { return hn::PromoteTo(D64(), v); }
HWY_INLINE V64 wide(V32 v) { return hn::PromoteTo(D64(), v); }
HWY_INLINE V32 whole(V64 v) { return hn::DemoteTo(D32(), v); }                          // towards zero
HWY_INLINE V64 as_float(V64 v) { return hn::PromoteTo(D64(), hn::DemoteTo(DF(), v)); }  // rounded to a float
HWY_INLINE V32 nearest(V64 v) { return whole(hn::Add(v, hn::Set(D64(), 0.5))); }        // v >= 0

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

HWY_INLINE void hue_step(uint8_t* r, uint8_t* g, uint8_t* b, int32_t shift) {
  const D32 d32;
  const D8 d8;
  V32 vr = hn::PromoteTo(d32, hn::LoadU(d8, r)), vg = hn::PromoteTo(d32, hn::LoadU(d8, g)),
      vb = hn::PromoteTo(d32, hn::LoadU(d8, b));
  shift_hue(vr, vg, vb, shift);
  hn::StoreU(hn::DemoteTo(d8, vr), d8, r);
  hn::StoreU(hn::DemoteTo(d8, vg), d8, g);
  hn::StoreU(hn::DemoteTo(d8, vb), d8, b);
}

#endif

void hue(uint8_t* HWY_RESTRICT r, uint8_t* HWY_RESTRICT g, uint8_t* HWY_RESTRICT b, int64_t count, int32_t shift) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D32()));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hue_step(r + i, g + i, b + i, shift);
  if (i == count) return;
  uint8_t tail[3][HWY_MAX_BYTES] = {};
  for (int64_t k = i; k < count; ++k) tail[0][k - i] = r[k], tail[1][k - i] = g[k], tail[2][k - i] = b[k];
  hue_step(tail[0], tail[1], tail[2], shift);
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
