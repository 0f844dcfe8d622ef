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

// One row of an RGB source into three planes, `plane` bytes apart. Reads one byte past the last pixel.
void columns_rgb(const uint8_t* row, const ResizeWeights& w, int64_t count, uint8_t* out, int64_t plane) {
  const auto* taps = w.taps.data();
#if HWY_TARGET == HWY_SCALAR
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
#else
  const hn::FixedTag<int32_t, 4> d32;  // R, G, B and the byte after
  const hn::Rebind<uint8_t, decltype(d32)> d8;
  for (int64_t i = 0; i < count; ++i) {
    const int32_t* weights = w.weights.data() + i * w.stride;
    const uint8_t* values = row + int64_t{taps[i].first} * 3;
    auto sum = hn::Set(d32, kHalf);
    for (int32_t k = 0; k < taps[i].count; ++k)
      sum = hn::Add(sum, hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, values + k * 3)), hn::Set(d32, weights[k])));
    uint8_t pixel[4];
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kBits>(sum)), d8, pixel);
    out[i] = pixel[0], out[plane + i] = pixel[1], out[2 * plane + i] = pixel[2];
  }
#endif
}

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
  if (!copy) resize_weights(x, scratch.x);
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
    if (y + 1 == source.height) {  // the byte after the last pixel may not exist
      const auto bytes = static_cast<size_t>(source.width * 3);
      scratch.last_row.resize(bytes + 1);
      std::memcpy(scratch.last_row.data(), row, bytes);
      row = scratch.last_row.data();
    }
    columns_rgb(row, scratch.x, x.count, out, plane);
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
  if (const auto size = static_cast<size_t>(plane * source.channels); scratch.rows.size() < size) scratch.rows.resize(size);
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
