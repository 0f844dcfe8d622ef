// SPDX-License-Identifier: Apache-2.0
// Proves: boxes lie inside and keep to the ranges; area uniform, ratio log-uniform, place uniform; the fallback of
// torchvision for pictures that no box fits.
#include "kindred/views/random_crop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace kindred {
namespace {

TEST(RandomCrop, KeepsToItsRanges) {
  CounterRng rng(1, RngOp::kTest);
  const CropRange range{.scale_min = 0.3, .scale_max = 0.6, .ratio_min = 0.5, .ratio_max = 2};
  for (int i = 0; i < 5000; ++i) {
    const ImageBox box = random_crop(400, 300, range, rng);
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_LE(box.top + box.height, 400);
    ASSERT_LE(box.left + box.width, 300);
    // One pixel of rounding per side of at least 134 pixels.
    ASSERT_NEAR(std::clamp(static_cast<double>(box.height * box.width) / 120000, 0.3, 0.6),
                static_cast<double>(box.height * box.width) / 120000, 0.006);
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    ASSERT_NEAR(std::clamp(ratio, 0.5, 2.0), ratio, 0.02);
  }
}

// Boxes that always fit (at most a quarter of the picture), so that no draw is rejected.
TEST(RandomCrop, AreaUniformRatioLogUniformPlaceUniform) {
  CounterRng rng(2, RngOp::kTest);
  const int n = 20000;
  double area = 0, area_square = 0, log_ratio = 0, log_square = 0, place = 0;
  for (int i = 0; i < n; ++i) {
    const ImageBox box = random_crop(2000, 2000, {.scale_min = 0.05, .scale_max = 0.25}, rng);
    const double a = static_cast<double>(box.height * box.width) / 4e6;
    const double l = std::log(static_cast<double>(box.width) / static_cast<double>(box.height));
    area += a, area_square += a * a, log_ratio += l, log_square += l * l;
    place += static_cast<double>(box.top) / static_cast<double>(2000 - box.height);
  }
  const double width = 0.2, log_half = std::log(4.0 / 3);
  // Five standard errors of each mean.
  EXPECT_NEAR(area / n, 0.15, 5 * width / std::sqrt(12.0 * n));
  EXPECT_NEAR(area_square / n - 0.15 * 0.15, width * width / 12, 2e-4);
  EXPECT_NEAR(log_ratio / n, 0, 5 * log_half / std::sqrt(3.0 * n));
  EXPECT_NEAR(log_square / n, log_half * log_half / 3, 2e-3);
  EXPECT_NEAR(place / n, 0.5, 5 / std::sqrt(12.0 * n));
}

TEST(RandomCrop, WholePictureWhenScaleIsOne) {
  CounterRng rng(3, RngOp::kTest);
  const ImageBox box = random_crop(50, 50, {.scale_min = 1, .scale_max = 1, .ratio_min = 1, .ratio_max = 1}, rng);
  EXPECT_EQ(box.height, 50);
  EXPECT_EQ(box.width, 50);
}

TEST(RandomCrop, FallsBackToTheCentre) {  // torchvision: width 13 = round(10 * 4 / 3), left (100 - 13) // 2
  CounterRng rng(4, RngOp::kTest);
  const CropRange whole{.scale_min = 1, .scale_max = 1};
  const ImageBox wide = random_crop(10, 100, whole, rng), tall = random_crop(100, 10, whole, rng);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.left, 43);
  EXPECT_EQ(tall.height, 13);
  EXPECT_EQ(tall.top, 43);
  EXPECT_EQ(tall.width, 10);
}

TEST(RandomCrop, TinyPictures) {
  CounterRng rng(5, RngOp::kTest);
  const CropRange thin{.scale_min = 0.001, .scale_max = 1, .ratio_min = 0.01, .ratio_max = 0.02};
  for (const CropRange& range : {CropRange{}, thin})
    for (int64_t height : {1, 2, 3, 1000})
      for (int64_t width : {1, 2, 3, 1000})
        for (int i = 0; i < 200; ++i) {
          const ImageBox box = random_crop(height, width, range, rng);
          ASSERT_TRUE(box.top >= 0 && box.height >= 1 && box.top + box.height <= height);
          ASSERT_TRUE(box.left >= 0 && box.width >= 1 && box.left + box.width <= width);
        }
}

}  // namespace
}  // namespace kindred
