// SPDX-License-Identifier: Apache-2.0
// Proves: grey equals Pillow; normalisation is /255, minus mean, over std; noise rounds and clips; every target alike.
#include "kindred/kernels/image_pixels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/every_target.h"
#include "tests/kernels/random_bytes.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

TEST(ImagePixels, GreyEqualsPillow) {
  test::for_every_target([] {
    for (const auto& c : test::golden_images("grey")) {
      std::vector<uint8_t> grey(c.out.pixels.size());
      image_grey({c.in.pixels.data(), c.in.width * 3, 3, c.in.height, c.in.width}, grey.data());
      EXPECT_EQ(grey, c.out.pixels);
    }
  });
}

TEST(ImagePixels, NormalisesPlanesAndInterleavedPixels) {
  const double mean = 0.4914, std = 0.247;
  const auto scale = static_cast<float>(1 / (255 * std)), offset = static_cast<float>(-mean / std);
  const auto bytes = test::random_bytes(3 * 101, 10);
  test::for_every_target([&] {
    for (const int64_t step : {1, 3})
      for (const int64_t count : {0, 1, 7, 16, 33, 101}) {
        std::vector<float> out(102, -9.0f);
        image_normalise(bytes.data(), step, count, scale, offset, out.data());
        for (int64_t i = 0; i < count; ++i)
          ASSERT_NEAR(out[static_cast<size_t>(i)], (bytes[static_cast<size_t>(i * step)] / 255.0 - mean) / std, 1e-6);
        ASSERT_EQ(out[static_cast<size_t>(count)], -9.0f);
      }
  });
}

TEST(ImagePixels, NoiseRoundsAndClips) {
  test::for_every_target([] {
    std::vector<uint8_t> values{0, 0, 100, 100, 100, 255, 255, 10};
    const std::vector<float> noise{-5, 3.4f, 0.5f, -0.6f, 1e20f, 1, -1.2f, -1e20f};
    image_add_noise(values.data(), noise.data(), 8);
    EXPECT_EQ(values, (std::vector<uint8_t>{0, 3, 101, 99, 255, 255, 254, 0}));
  });
}

}  // namespace
}  // namespace kindred
