// SPDX-License-Identifier: Apache-2.0
// Proves: within one level of torchvision on golden pictures and equal on every target; the shared vector; edges, constant
// pictures, pictures smaller than the kernel.
#include "kindred/kernels/image_blur.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/kernels/every_target.h"
#include "tests/kernels/random_bytes.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

TEST(ImageBlur, WithinOneLevelOfTorchvision) {
  double unequal = 0, cases = 0;
  test::for_every_target([&] {
    for (const auto& c : test::golden_images("blur")) {
      auto planes = planes_of(c.in);
      BlurScratch scratch;
      image_blur({planes.data(), c.in.channels, c.in.height, c.in.width}, c.options.at("sigma"), c.options.at("radius"),
                 scratch);
      const auto d = test::difference(planes, planes_of(c.out));
      EXPECT_LE(d.largest, 1) << c.options;
      unequal += d.unequal, ++cases;
    }
  });
  EXPECT_LT(unequal / cases, 0.02);  // where the two float sums round apart, and where taps were left out
}

TEST(ImageBlur, WeightsOfTheSharedVector) {
  const auto shared = test::golden_case("vectors/augmentation.json", "gaussian_blur_3_sigma0.5");
  float weights[2];
  blur_weights(0.5, 1, weights);
  EXPECT_NEAR(weights[0], shared.at("options").at("kernel_1d")[1].get<double>(), 1e-7);
  EXPECT_NEAR(weights[1], shared.at("options").at("kernel_1d")[0].get<double>(), 1e-7);
}

TEST(ImageBlur, ValuesOfTheSharedVector) {
  const auto shared = test::golden_case("vectors/augmentation.json", "gaussian_blur_3_sigma0.5");
  std::vector<uint8_t> bytes;
  std::vector<double> expected;
  for (const auto& row : shared.at("inputs").at("image")[0])
    for (const double x : row) bytes.push_back(static_cast<uint8_t>(std::lround(255 * x)));
  for (const auto& row : shared.at("expected_value")[0])
    for (const double x : row) expected.push_back(255 * x);
  BlurScratch scratch;
  image_blur({bytes.data(), 1, 5, 5}, 0.5, 1, scratch);
  // Half a level from rounding the input, half from rounding the result.
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_NEAR(bytes[i], expected[i], 1.0) << i;
}

TEST(ImageBlur, EveryTargetGivesTheSameBits) {
  for (const auto& [height, width, radius] :
       {std::array<int64_t, 3>{1, 1, 3}, {1, 40, 5}, {40, 1, 5}, {3, 2, 11}, {33, 65, 11}, {64, 31, 2}}) {
    const auto bytes = test::random_bytes(height * width, 7);
    std::vector<uint8_t> first;
    test::for_every_target([&] {
      auto work = bytes;
      BlurScratch scratch;
      image_blur({work.data(), 1, height, width}, 1.7, radius, scratch);
      if (first.empty()) first = work;
      EXPECT_EQ(work, first);
    });
  }
}

// Slow definition in double with reflected indices, on a picture smaller than the kernel.
TEST(ImageBlur, SmallerThanTheKernel) {
  constexpr int64_t kHeight = 4, kWidth = 3, kRadius = 5;
  auto bytes = test::random_bytes(kHeight * kWidth, 8);
  const auto before = bytes;
  const auto reflected = [](int64_t i, int64_t n) {
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
  };
  const auto weight = [](int64_t k) { return std::exp(-0.5 * static_cast<double>(k * k) / (2.0 * 2.0)); };
  BlurScratch scratch;
  image_blur({bytes.data(), 1, kHeight, kWidth}, 2.0, kRadius, scratch);
  for (int64_t y = 0; y < kHeight; ++y)
    for (int64_t x = 0; x < kWidth; ++x) {
      double sum = 0, weights = 0;
      for (int64_t i = -kRadius; i <= kRadius; ++i)
        for (int64_t j = -kRadius; j <= kRadius; ++j) {
          weights += weight(i) * weight(j);
          sum += weight(i) * weight(j) *
                 before[static_cast<size_t>(reflected(y + i, kHeight) * kWidth + reflected(x + j, kWidth))];
        }
      EXPECT_NEAR(bytes[static_cast<size_t>(y * kWidth + x)], sum / weights, 0.51);
    }
}

TEST(ImageBlur, ConstantStaysConstant) {
  BlurScratch scratch;
  for (const uint8_t level : {0, 1, 127, 255}) {
    std::vector<uint8_t> bytes(40 * 40, level);
    image_blur({bytes.data(), 1, 40, 40}, 2.0, 11, scratch);
    for (const uint8_t value : bytes) ASSERT_EQ(value, level);
  }
}

TEST(ImageBlur, RadiusIsATenthOfTheSide) {  // SimCLR: 10 % of the side, made odd, at least 3
  EXPECT_EQ(blur_radius(224), 11);
  EXPECT_EQ(blur_radius(32), 1);
  EXPECT_EQ(blur_radius(28), 1);
  EXPECT_EQ(blur_radius(96), 4);
  EXPECT_EQ(blur_radius(1), 1);
}

}  // namespace
}  // namespace kindred
