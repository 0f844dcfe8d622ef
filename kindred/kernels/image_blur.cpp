// SPDX-License-Identifier: Apache-2.0
// Plain loops that the compiler vectorises, once per target. Compiled without fused multiply-add (CMakeLists.txt), so
// that every target rounds alike.
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

// index mirrored into [0, n) without repeating the ends; any index, n >= 1.
inline int64_t reflected(int64_t index, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1);
  const int64_t inside = ((index % period) + period) % period;
  return inside < n ? inside : period - inside;
}

void scaled(const uint8_t* HWY_RESTRICT values, int64_t count, float weight, float* HWY_RESTRICT out) {
  for (int64_t i = 0; i < count; ++i) out[i] = weight * static_cast<float>(values[i]);
}

void add_pair(const uint8_t* HWY_RESTRICT a, const uint8_t* HWY_RESTRICT b, int64_t count, float weight,
              float* HWY_RESTRICT out) {
  for (int64_t i = 0; i < count; ++i) out[i] += weight * static_cast<float>(a[i] + b[i]);
}

// out[i] from the padded row, whose element 0 is column -radius. In blocks, so that the sums stay in registers.
void along_row(const float* HWY_RESTRICT row, const float* weights, int64_t radius, int64_t width,
               uint8_t* HWY_RESTRICT out) {
  constexpr int64_t kBlock = 32;
  for (int64_t begin = 0; begin < width; begin += kBlock) {
    const float* centre = row + begin + radius;
    float sum[kBlock];  // the padding holds a whole block beyond the last column
    for (int64_t i = 0; i < kBlock; ++i) sum[i] = weights[0] * centre[i] + 0.5f;
    for (int64_t k = 1; k <= radius; ++k) {
      const float weight = weights[k];
      const float *left = centre - k, *right = centre + k;
      for (int64_t i = 0; i < kBlock; ++i) sum[i] += weight * (left[i] + right[i]);
    }
    uint8_t bytes[kBlock];
    for (int64_t i = 0; i < kBlock; ++i) bytes[i] = static_cast<uint8_t>(static_cast<int32_t>(sum[i] > 255.0f ? 255.0f : sum[i]));
    std::memcpy(out + begin, bytes, static_cast<size_t>(std::min(kBlock, width - begin)));
  }
}

// The separable filter; scratch.weights holds radius + 1 weights.
void blur(ImagePlanes image, int64_t radius, BlurScratch& scratch) {
  constexpr int64_t kBlock = 32;
  const float* weights = scratch.weights.data();
  scratch.source.assign(image.data, image.data + image.bytes());
  scratch.row.assign(static_cast<size_t>(image.width + 2 * radius + kBlock), 0.0f);
  float* padded = scratch.row.data();
  float* middle = padded + radius;
  for (int64_t c = 0; c < image.channels; ++c) {
    const uint8_t* source = scratch.source.data() + c * image.area();
    for (int64_t y = 0; y < image.height; ++y) {
      scaled(source + y * image.width, image.width, weights[0], middle);
      for (int64_t k = 1; k <= radius; ++k)
        add_pair(source + reflected(y - k, image.height) * image.width,
                 source + reflected(y + k, image.height) * image.width, image.width, weights[k], middle);
      for (int64_t k = 1; k <= radius; ++k) {
        middle[-k] = middle[reflected(-k, image.width)];
        middle[image.width - 1 + k] = middle[reflected(image.width - 1 + k, image.width)];
      }
      along_row(padded, weights, radius, image.width, image.plane(c) + y * image.width);
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
