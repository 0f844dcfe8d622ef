// SPDX-License-Identifier: Apache-2.0
// Through Highway, product and sum rounded apart, so that every target rounds alike. Rows have room for a vector behind
// them, whose values nobody reads.
#include "kindred/kernels/image_blur.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/image_blur.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// index mirrored into [0, n) without repeating the ends; any index, n >= 1.
inline int64_t reflected(int64_t index, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1);
  const int64_t inside = ((index % period) + period) % period;
  return inside < n ? inside : period - inside;
}

using DF = hn::ScalableTag<float>;
using DI = hn::Rebind<int32_t, DF>;
using D8 = hn::Rebind<uint8_t, DF>;
using VF = hn::Vec<DF>;

HWY_INLINE hn::Vec<DI> levels(const uint8_t* at) { return hn::PromoteTo(DI(), hn::LoadU(D8(), at)); }
HWY_INLINE VF level_sum(const uint8_t* a, const uint8_t* b) {
  return hn::ConvertTo(DF(), hn::Add(levels(a), levels(b)));
}

// out[x] = the weighted sum over rows[0], the pairs (rows[1], rows[2]) and so on.
void down_columns(const uint8_t* const* rows, const float* weights, int64_t radius, int64_t width,
                  float* HWY_RESTRICT out) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
  for (int64_t x = 0; x < width; x += 2 * lanes) {
    const VF middle = hn::Set(DF(), weights[0]);
    VF first = hn::Mul(middle, hn::ConvertTo(DF(), levels(rows[0] + x)));
    VF second = hn::Mul(middle, hn::ConvertTo(DF(), levels(rows[0] + x + lanes)));
    for (int64_t k = 1; k <= radius; ++k) {
      const uint8_t *above = rows[2 * k - 1] + x, *below = rows[2 * k] + x;
      const VF weight = hn::Set(DF(), weights[k]);
      first = hn::Add(first, hn::Mul(weight, level_sum(above, below)));
      second = hn::Add(second, hn::Mul(weight, level_sum(above + lanes, below + lanes)));
    }
    hn::StoreU(first, DF(), out + x);
    hn::StoreU(second, DF(), out + x + lanes);
  }
}

// Sums not below 0, to levels.
HWY_INLINE void store_sum(VF sum, uint8_t* out) {
  const VF cut = hn::Floor(hn::Min(sum, hn::Set(DF(), 255)));
  const auto bits =
      hn::BitCast(hn::RebindToUnsigned<DF>(), hn::Add(cut, hn::Set(DF(), 8388608)));  // whole numbers lowest
  hn::StoreU(hn::TruncateTo(D8(), bits), D8(), out);
}

// out[x] from the row about x.
void along_row(const float* HWY_RESTRICT row, const float* weights, int64_t radius, int64_t width,
               uint8_t* HWY_RESTRICT out) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(DF()));
  const VF half = hn::Set(DF(), 0.5f);
  for (int64_t x = 0; x < width; x += 2 * lanes) {
    const float* centre = row + x;
    const VF middle = hn::Set(DF(), weights[0]);
    VF first = hn::Add(hn::Mul(middle, hn::LoadU(DF(), centre)), half);
    VF second = hn::Add(hn::Mul(middle, hn::LoadU(DF(), centre + lanes)), half);
    for (int64_t k = 1; k <= radius; ++k) {
      const VF weight = hn::Set(DF(), weights[k]);
      const float *left = centre - k, *right = centre + k;
      first = hn::Add(first, hn::Mul(weight, hn::Add(hn::LoadU(DF(), left), hn::LoadU(DF(), right))));
      second = hn::Add(second, hn::Mul(weight, hn::Add(hn::LoadU(DF(), left + lanes), hn::LoadU(DF(), right + lanes))));
    }
    store_sum(first, out + x);
    store_sum(second, out + x + lanes);
  }
}

// The separable filter; scratch.weights holds radius + 1 weights.
void blur(ImagePlanes image, int64_t radius, BlurScratch& scratch) {
  const float* weights = scratch.weights.data();
  const int64_t width = image.width, height = image.height, room = 2 * static_cast<int64_t>(hn::Lanes(DF()));
  scratch.source.resize(static_cast<size_t>(image.bytes() + room));
  std::memcpy(scratch.source.data(), image.data, static_cast<size_t>(image.bytes()));
  scratch.row.resize(static_cast<size_t>(width + 2 * radius + room));
  scratch.out.resize(static_cast<size_t>(width + room));
  scratch.rows.resize(static_cast<size_t>(2 * radius + 1));
  float* middle = scratch.row.data() + radius;
  for (int64_t c = 0; c < image.channels; ++c) {
    const uint8_t* source = scratch.source.data() + c * image.area();
    for (int64_t y = 0; y < height; ++y) {
      const uint8_t** rows = scratch.rows.data();
      rows[0] = source + y * width;
      for (int64_t k = 1; k <= radius; ++k) {
        rows[2 * k - 1] = source + (y >= k ? y - k : reflected(y - k, height)) * width;
        rows[2 * k] = source + (y + k < height ? y + k : reflected(y + k, height)) * width;
      }
      down_columns(rows, weights, radius, width, middle);
      for (int64_t k = 1; k <= radius; ++k) {
        middle[-k] = middle[reflected(-k, width)];
        middle[width - 1 + k] = middle[reflected(width - 1 + k, width)];
      }
      along_row(middle, weights, radius, width, scratch.out.data());
      std::memcpy(image.plane(c) + y * width, scratch.out.data(), static_cast<size_t>(width));
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
HWY_EXPORT(blur);

int64_t blur_radius(int64_t side) { return std::max<int64_t>(side / 10 / 2, 1); }

void blur_weights(double sigma, int64_t radius, float* weights) {
  double sum = 0;
  for (int64_t k = 0; k <= radius; ++k) {
    const double z = static_cast<double>(k) / sigma;
    sum += (k == 0 ? 1 : 2) * std::exp(-0.5 * z * z);
  }
  for (int64_t k = 0; k <= radius; ++k) {
    const double z = static_cast<double>(k) / sigma;
    weights[k] = static_cast<float>(std::exp(-0.5 * z * z) / sum);
  }
}

void image_blur(ImagePlanes image, double sigma, int64_t radius, BlurScratch& scratch) {
  if (image.bytes() == 0 || radius < 1) return;
  scratch.weights.resize(static_cast<size_t>(radius + 1));
  blur_weights(sigma, radius, scratch.weights.data());
  // The outermost taps that do not matter; 1/4 of what may be lost per axis and side.
  double lost = 0;
  int64_t used = radius;
  while (used > 0 && lost + scratch.weights[static_cast<size_t>(used)] < 1.0 / 2048)
    lost += scratch.weights[static_cast<size_t>(used--)];
  if (used < radius) {
    for (auto& weight : scratch.weights) weight = static_cast<float>(weight / (1 - 2 * lost));
  }
  if (used == 0) return;
  HWY_DYNAMIC_DISPATCH(blur)(image, used, scratch);
}
}  // namespace kindred
#endif
