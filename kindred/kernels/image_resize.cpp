// SPDX-License-Identifier: Apache-2.0
// image_resize through Highway. Integer arithmetic only: the same bits on every target, and those of image_resize_ref.
#include "kindred/kernels/image_resize.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/image_resize.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kBits = 22;
constexpr int32_t kHalf = 1 << (kBits - 1);

inline uint8_t to_byte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kBits, 0, 255)); }

// One row of a grey source.
void columns_grey(const uint8_t* row, const ResizeWeights& w, int64_t count, uint8_t* out) {
  const auto* taps = w.taps.data();
  for (int64_t i = 0; i < count; ++i) {
    const int32_t* weights = w.weights.data() + i * w.stride;
    const uint8_t* values = row + taps[i].first;
    int32_t sum = kHalf;
    for (int32_t k = 0; k < taps[i].count; ++k) sum += weights[k] * values[k];
    out[i] = to_byte(sum);
  }
}

#if HWY_TARGET == HWY_SCALAR

struct ColumnPlan {
  int64_t reach = 0;
};
ColumnPlan plan_columns(int64_t, ResizeScratch&) { return {}; }

// One row of an RGB source into three planes, `plane` bytes apart.
void columns_rgb(const uint8_t* row, ColumnPlan, int64_t count, ResizeScratch& scratch, uint8_t* out, int64_t plane) {
  const ResizeWeights& w = scratch.x;
  const auto* taps = w.taps.data();
  for (int64_t i = 0; i < count; ++i) {
    const int32_t* weights = w.weights.data() + i * w.stride;
    const uint8_t* values = row + int64_t{taps[i].first} * 3;
    int32_t r = kHalf, g = kHalf, b = kHalf;
    for (int32_t k = 0; k < taps[i].count; ++k) {
      r += weights[k] * values[k * 3];
      g += weights[k] * values[k * 3 + 1];
      b += weights[k] * values[k * 3 + 2];
    }
    out[i] = to_byte(r), out[plane + i] = to_byte(g), out[2 * plane + i] = to_byte(b);
  }
}

#else

// A made pixel is a block of 16 bytes: R, G, B and a fourth sum that nobody reads. Four taps are 12 bytes of the source,
// which a shuffle spreads into pairs of 16 bits, to be multiplied with pairs of weights and added in one instruction. The
// weights have more bits than that takes, so they come as their upper bits and their lower 11.
#if HWY_HAVE_SCALABLE
using Bytes = hn::FixedTag<uint8_t, 16>;
#else
using Bytes = hn::CappedTag<uint8_t, 64>;
#endif
using Shorts = hn::Repartition<int16_t, Bytes>;
using Sums = hn::Repartition<int32_t, Bytes>;
constexpr int64_t kBlock = 16;
constexpr int64_t kGroup = static_cast<int64_t>(hn::MaxLanes(Bytes())) / kBlock;  // pixels made at once
constexpr int kLowBits = 11;

struct ColumnPlan {
  int64_t quads = 1;   // of taps of every made pixel
  int64_t groups = 0;  // of made pixels
  int64_t reach = 0;   // bytes of a row that may be read
};

// scratch.columns[group][quad][upper pair 0, pair 1, lower pair 0, pair 1][kGroup][4] pairs of weights, from scratch.x, whose
// taps are made as many as there are groups.
ColumnPlan plan_columns(int64_t count, ResizeScratch& scratch) {
  ResizeWeights& w = scratch.x;
  ColumnPlan plan;
  plan.groups = (count + kGroup - 1) / kGroup;
  for (const auto& tap : w.taps) plan.quads = std::max<int64_t>(plan.quads, (tap.count + 3) / 4);
  for (const auto& tap : w.taps) plan.reach = std::max<int64_t>(plan.reach, int64_t{tap.first} * 3);
  plan.reach += (plan.quads - 1) * 12 + kBlock;
  w.taps.resize(static_cast<size_t>(plan.groups * kGroup));
  scratch.columns.resize(static_cast<size_t>(plan.groups * plan.quads * kGroup * 4 * 8));
  scratch.pixels.resize(static_cast<size_t>(plan.groups * kGroup * 4));
  const hn::FixedTag<int32_t, 4> d32;
  const hn::Repartition<int16_t, decltype(d32)> d16;
  for (int64_t i = 0; i < plan.groups * kGroup; ++i)
    for (int64_t quad = 0; quad < plan.quads; ++quad) {
      int16_t* out = scratch.columns.data() + ((i / kGroup * plan.quads + quad) * 4 * kGroup + i % kGroup) * 8;
      int32_t weights[4] = {};
      for (int64_t k = 0; k < 4 && i < count; ++k)
        if (quad * 4 + k < w.taps[static_cast<size_t>(i)].count)
          weights[k] = w.weights[static_cast<size_t>(i * w.stride + quad * 4 + k)];
      constexpr int32_t kLow = (1 << kLowBits) - 1;
      for (int64_t pair = 0; pair < 2; ++pair, out += kGroup * 8) {
        const int32_t first = weights[2 * pair], second = weights[2 * pair + 1];
        const int32_t upper = first >> kLowBits | second >> kLowBits << 16, lower = (first & kLow) | (second & kLow)
                                                                                                         << 16;
        hn::StoreU(hn::BitCast(d16, hn::Set(d32, upper)), d16, out);
        hn::StoreU(hn::BitCast(d16, hn::Set(d32, lower)), d16, out + 2 * kGroup * 8);
      }
    }
  return plan;
}

template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const uint8_t* row, const ResizeWeights::Tap* taps) {
  if constexpr (hn::MaxLanes(D()) == kBlock) {
    return hn::LoadU(d, row + int64_t{taps->first} * 3);
  } else {
    const hn::Half<D> half;
    const auto lower = load_blocks(half, row, taps);
    return hn::Combine(d, load_blocks(half, row, taps + hn::MaxLanes(half) / kBlock), lower);
  }
}

// Pixels R, G, B, x into planes.
void part_channels(const uint8_t* pixels, int64_t count, uint8_t* out, int64_t plane) {
  const hn::FixedTag<uint8_t, kBlock> d;
  int64_t i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    hn::Vec<decltype(d)> r, g, b, none;
    hn::LoadInterleaved4(d, pixels + 4 * i, r, g, b, none);
    hn::StoreU(r, d, out + i), hn::StoreU(g, d, out + plane + i), hn::StoreU(b, d, out + 2 * plane + i);
  }
  for (; i < count; ++i)
    for (int64_t c = 0; c < 3; ++c) out[c * plane + i] = pixels[4 * i + c];
}

// One row of an RGB source, plan.reach bytes of which may be read, into three planes, `plane` bytes apart.
void columns_rgb(const uint8_t* row, ColumnPlan plan, int64_t count, ResizeScratch& scratch, uint8_t* out,
                 int64_t plane) {
  const Bytes d8;
  const Shorts d16;
  const Sums d32;
  const hn::Rebind<uint8_t, Sums> d_out;
  constexpr uint8_t kNone = 0x80;
  HWY_ALIGN constexpr uint8_t kPairs[2][kBlock] = {
      {0, kNone, 3, kNone, 1, kNone, 4, kNone, 2, kNone, 5, kNone, kNone, kNone, kNone, kNone},
      {6, kNone, 9, kNone, 7, kNone, 10, kNone, 8, kNone, 11, kNone, kNone, kNone, kNone, kNone}};
  const auto first_pair = hn::LoadDup128(d8, kPairs[0]), second_pair = hn::LoadDup128(d8, kPairs[1]);
  const int16_t* weights = scratch.columns.data();
  const ResizeWeights::Tap* taps = scratch.x.taps.data();
  uint8_t* pixels = scratch.pixels.data();
  for (int64_t group = 0; group < plan.groups; ++group, taps += kGroup, pixels += kGroup * 4) {
    auto upper = hn::Zero(d32), upper_odd = upper, lower = hn::Set(d32, kHalf), lower_odd = upper;
    for (int64_t quad = 0; quad < plan.quads; ++quad, weights += kGroup * 8 * 4) {
      const auto bytes = load_blocks(d8, row + quad * 12, taps);
      const auto first = hn::BitCast(d16, hn::TableLookupBytesOr0(bytes, first_pair));
      const auto second = hn::BitCast(d16, hn::TableLookupBytesOr0(bytes, second_pair));
      const auto by = [&](int64_t which) HWY_ATTR { return hn::LoadU(d16, weights + which * kGroup * 8); };
      upper = hn::ReorderWidenMulAccumulate(d32, first, by(0), upper, upper_odd);
      upper = hn::ReorderWidenMulAccumulate(d32, second, by(1), upper, upper_odd);
      lower = hn::ReorderWidenMulAccumulate(d32, first, by(2), lower, lower_odd);
      lower = hn::ReorderWidenMulAccumulate(d32, second, by(3), lower, lower_odd);
    }
    const auto sum = hn::Add(hn::ShiftLeft<kLowBits>(hn::RearrangeToOddPlusEven(upper, upper_odd)),
                             hn::RearrangeToOddPlusEven(lower, lower_odd));
    hn::StoreU(hn::DemoteTo(d_out, hn::ShiftRight<kBits>(sum)), d_out, pixels);
  }
  part_channels(scratch.pixels.data(), count, out, plane);
}

#endif

// One output row: a weighted sum of `taps` rows of `width` bytes.
void weighted_rows(const uint8_t* rows, int64_t width, const int32_t* weights, int32_t taps, uint8_t* out) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Rebind<uint8_t, decltype(d32)> d8;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d32));
  const auto half = hn::Set(d32, kHalf);
  int64_t i = 0;
  for (; i + 4 * lanes <= width; i += 4 * lanes) {  // four sums at once hide the multiplier's latency
    auto s0 = half, s1 = half, s2 = half, s3 = half;
    const uint8_t* p = rows + i;
    for (int32_t k = 0; k < taps; ++k, p += width) {
      const auto weight = hn::Set(d32, weights[k]);
      s0 = hn::Add(s0, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, p)), weight));
      s1 = hn::Add(s1, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, p + lanes)), weight));
      s2 = hn::Add(s2, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, p + 2 * lanes)), weight));
      s3 = hn::Add(s3, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, p + 3 * lanes)), weight));
    }
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(s0)), d8, out + i);
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(s1)), d8, out + i + lanes);
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(s2)), d8, out + i + 2 * lanes);
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(s3)), d8, out + i + 3 * lanes);
  }
  for (; i + lanes <= width; i += lanes) {
    auto sum = half;
    for (int32_t k = 0; k < taps; ++k)
      sum = hn::Add(sum, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, rows + k * width + i)), hn::Set(d32, weights[k])));
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(sum)), d8, out + i);
  }
  for (; i < width; ++i) {
    int32_t sum = kHalf;
    for (int32_t k = 0; k < taps; ++k) sum += weights[k] * rows[k * width + i];
    out[i] = to_byte(sum);
  }
}

// Source rows into planes of x.count columns, without a change of width.
void copy_columns(const ImageSource& source, int64_t y, const ResizeAxis& x, uint8_t* out, int64_t plane) {
  const uint8_t* row = source.pixels + y * source.row_stride + x.first * source.channels;
  for (int64_t c = 0; c < source.channels; ++c, out += plane) {
    if (x.mirrored) {
      for (int64_t i = 0; i < x.count; ++i) out[i] = row[(x.count - 1 - i) * source.channels + c];
    } else if (source.channels == 1) {
      std::memcpy(out, row, static_cast<size_t>(x.count));
    } else {
      for (int64_t i = 0; i < x.count; ++i) out[i] = row[i * source.channels + c];
    }
  }
}

// Rows [begin, end) of the source, resized along x, into planes `plane` bytes apart.
void all_columns(const ImageSource& source, const ResizeAxis& x, int64_t begin, int64_t end, uint8_t* out,
                 int64_t plane, ResizeScratch& scratch) {
  const bool copy = x.in == x.out;
  ColumnPlan columns;
  if (!copy) resize_weights(x, scratch.x);
  if (!copy && source.channels == 3) columns = plan_columns(x.count, scratch);
  for (int64_t y = begin; y < end; ++y, out += x.count) {
    if (copy) {
      copy_columns(source, y, x, out, plane);
      continue;
    }
    const uint8_t* row = source.pixels + y * source.row_stride;
    if (source.channels == 1) {
      columns_grey(row, scratch.x, x.count, out);
      continue;
    }
    const int64_t left = (source.height - 1 - y) * source.row_stride + source.width * 3;
    if (columns.reach > left) {  // what comes after the last pixel may not exist
      scratch.last_row.resize(static_cast<size_t>(columns.reach));
      std::memcpy(scratch.last_row.data(), row, static_cast<size_t>(left));
      row = scratch.last_row.data();
    }
    columns_rgb(row, columns, x.count, scratch, out, plane);
  }
}

void image_resize(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x, uint8_t* planes,
                  ResizeScratch& scratch) {
  if (y.count == 0 || x.count == 0) return;
  if (y.in == y.out && !y.mirrored) {
    all_columns(source, x, y.first, y.first + y.count, planes, y.count * x.count, scratch);
    return;
  }
  resize_weights(y, scratch.y);
  int64_t begin = y.in, end = 0;  // source rows that some output row looks at
  for (const auto& tap : scratch.y.taps) {
    begin = std::min<int64_t>(begin, tap.first);
    end = std::max<int64_t>(end, tap.first + tap.count);
  }
  const int64_t plane = (end - begin) * x.count;
  if (const auto size = static_cast<size_t>(plane * source.channels); scratch.rows.size() < size)
    scratch.rows.resize(size);
  all_columns(source, x, begin, end, scratch.rows.data(), plane, scratch);
  for (int64_t c = 0; c < source.channels; ++c)
    for (int64_t i = 0; i < y.count; ++i) {
      const auto tap = scratch.y.taps[static_cast<size_t>(i)];
      weighted_rows(scratch.rows.data() + c * plane + (tap.first - begin) * x.count, x.count,
                    scratch.y.weights.data() + i * scratch.y.stride, tap.count, planes + (c * y.count + i) * x.count);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
HWY_EXPORT(image_resize);
void image_resize(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x, uint8_t* planes,
                  ResizeScratch& scratch) {
  HWY_DYNAMIC_DISPATCH(image_resize)(source, y, x, planes, scratch);
}
}  // namespace kindred
#endif
