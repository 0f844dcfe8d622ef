// SPDX-License-Identifier: Apache-2.0
// Proves: hue equals torchvision on golden pictures and a slow transcription of Pillow's arithmetic on a grid of all
// colours, on every target; within its 8-bit HSV of the exact rotation.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kindred/kernels/image_colour.h"
#include "tests/kernels/every_target.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

TEST(ImageHue, EqualsTorchvisionOnPillowPictures) {
  test::for_every_target([] {
    for (const auto& c : test::golden_images("hue")) {
      auto planes = planes_of(c.in);
      image_hue({planes.data(), c.in.channels, c.in.height, c.in.width}, hue_steps(c.options.at("turns")));
      EXPECT_EQ(test::difference(planes, planes_of(c.out)).largest, 0) << c.options;
    }
  });
}

// One pixel through 8-bit HSV, with divisions in the precision that Pillow uses, by cases and library functions.
std::array<uint8_t, 3> slow(int r, int g, int b, int shift) {
  const int high = std::max({r, g, b}), low = std::min({r, g, b});
  int hue = 0, saturation = 0;
  if (high != low) {
    const auto chroma = static_cast<float>(high - low);
    const float rc = static_cast<float>(high - r) / chroma, gc = static_cast<float>(high - g) / chroma,
                bc = static_cast<float>(high - b) / chroma;
    const auto sector = static_cast<float>(r == high ? double{bc} - gc : g == high ? 2.0 + rc - bc : 4.0 + gc - rc);
    const auto turns = static_cast<float>(std::fmod(sector / 6.0 + 1.0, 1.0));
    hue = std::min(static_cast<int>(turns * 255.0), 255);
    saturation = static_cast<int>((chroma / static_cast<float>(high)) * 255.0);
  }
  hue = (hue + shift) % 256;
  const auto s = static_cast<float>(saturation / 255.0);
  const int sector = static_cast<int>(std::floor(hue * 6.0 / 255.0));
  const auto f = static_cast<float>(hue * 6.0 / 255.0 - sector);
  const auto level = [&](double share) {
    return static_cast<uint8_t>(std::clamp(std::round(high * share), 0.0, 255.0));
  };
  const uint8_t v = static_cast<uint8_t>(high), p = level(1.0 - s), q = level(1.0 - s * f),
                t = level(1.0 - s * (1.0 - f));
  switch (sector % 6) {
    case 0:
      return {v, t, p};
    case 1:
      return {q, v, p};
    case 2:
      return {p, v, t};
    case 3:
      return {p, q, v};
    case 4:
      return {t, p, v};
    default:
      return {v, p, q};
  }
}

TEST(ImageHue, EqualsPillowsArithmeticOnAGridOfColours) {
  std::vector<uint8_t> grid;  // 52^3 colours, all channels from 0 to 255 in steps of 5
  constexpr int64_t kArea = 52 * 52 * 52;
  grid.resize(3 * kArea);
  for (int64_t i = 0; i < kArea; ++i)
    for (int64_t c = 0, rest = i; c < 3; ++c, rest /= 52)
      grid[static_cast<size_t>(c * kArea + i)] = static_cast<uint8_t>(rest % 52 * 5);
  test::for_every_target([&] {
    for (const int shift : {0, 1, 25, 128, 231}) {
      auto planes = grid;
      image_hue({planes.data(), 3, 52, 52 * 52}, static_cast<uint8_t>(shift));
      for (size_t i = 0; i < kArea; ++i) {
        const auto expected = slow(grid[i], grid[kArea + i], grid[2 * kArea + i], shift);
        for (size_t c = 0; c < 3; ++c)
          ASSERT_EQ(planes[c * kArea + i], expected[c]) << "colour " << i << " channel " << c << " shift " << shift;
      }
    }
  });
}

TEST(ImageHue, StepsWrap) {
  EXPECT_EQ(hue_steps(0.0), 0);
  EXPECT_EQ(hue_steps(0.1), 25);
  EXPECT_EQ(hue_steps(-0.1), 231);
  EXPECT_EQ(hue_steps(-0.003), 0);
  EXPECT_EQ(hue_steps(0.5), 127);
}

TEST(ImageHue, LengthsThatFillNoVector) {
  for (int64_t n = 1; n <= 40; ++n) {
    std::vector<uint8_t> planes(static_cast<size_t>(3 * n));
    for (size_t i = 0; i < planes.size(); ++i) planes[i] = static_cast<uint8_t>(i * 37);
    const auto before = planes;
    test::for_every_target([&] {
      auto work = before;
      image_hue({work.data(), 3, 1, n}, 40);
      for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
        const auto m = static_cast<size_t>(n);
        const auto expected = slow(before[i], before[m + i], before[2 * m + i], 40);
        ASSERT_EQ((std::array<uint8_t, 3>{work[i], work[m + i], work[2 * m + i]}), expected) << n << " " << i;
      }
    });
  }
}

}  // namespace
}  // namespace kindred
