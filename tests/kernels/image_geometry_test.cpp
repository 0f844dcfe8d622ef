// SPDX-License-Identifier: Apache-2.0
// Proves: rotation within one level of Pillow; flip, translation and fill by slow loops; flip twice is the identity.
#include "kindred/kernels/image_geometry.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/kernels/random_bytes.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

TEST(ImageGeometry, RotationWithinOneLevelOfPillow) {
  double unequal = 0, cases = 0;
  for (const auto& c : test::golden_images("rotate")) {
    auto planes = planes_of(c.in);
    std::vector<uint8_t> out(planes.size(), 0xA5);
    image_rotate({planes.data(), c.in.channels, c.in.height, c.in.width}, c.options.at("degrees"), out.data());
    const auto d = test::difference(out, planes_of(c.out));
    EXPECT_LE(d.largest, 1) << c.options;
    unequal += d.unequal, ++cases;
  }
  EXPECT_LT(unequal / cases, 0.001);
}

TEST(ImageGeometry, FlipEqualsTorchvisionAndUndoesItself) {
  for (const auto& c : test::golden_images("flip")) {
    auto planes = planes_of(c.in);
    const auto before = planes;
    const ImagePlanes image{planes.data(), c.in.channels, c.in.height, c.in.width};
    image_flip(image);
    EXPECT_EQ(planes, planes_of(c.out));
    image_flip(image);
    EXPECT_EQ(planes, before);
  }
}

TEST(ImageGeometry, TranslationMovesAndFillsWithZero) {
  const int64_t height = 5, width = 7;
  auto bytes = test::random_bytes(3 * height * width, 9);
  for (int64_t dx = -8; dx <= 8; ++dx)
    for (int64_t dy = -6; dy <= 6; ++dy) {
      std::vector<uint8_t> out(bytes.size(), 0xA5);
      image_translate({bytes.data(), 3, height, width}, dx, dy, out.data());
      for (int64_t c = 0; c < 3; ++c)
        for (int64_t y = 0; y < height; ++y)
          for (int64_t x = 0; x < width; ++x) {
            const bool inside = x - dx >= 0 && x - dx < width && y - dy >= 0 && y - dy < height;
            const int expected = inside ? bytes[static_cast<size_t>((c * height + y - dy) * width + x - dx)] : 0;
            ASSERT_EQ(out[static_cast<size_t>((c * height + y) * width + x)], expected);
          }
    }
}

TEST(ImageGeometry, FillStaysInside) {
  const int64_t height = 6, width = 4;
  const uint8_t colour[]{10, 20, 30};
  for (const auto& [top, left, h, w] :
       {std::array<int64_t, 4>{1, 1, 2, 2}, {-3, -3, 5, 5}, {5, 3, 9, 9}, {-9, 0, 3, 3}, {2, 0, 0, 4}, {9, 9, 2, 2}}) {
    std::vector<uint8_t> bytes(static_cast<size_t>(3 * height * width), 1);
    image_fill({bytes.data(), 3, height, width}, top, left, h, w, colour);
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
          const bool inside = y >= top && y < top + h && x >= left && x < left + w;
          ASSERT_EQ(bytes[static_cast<size_t>((c * height + y) * width + x)], inside ? colour[c] : 1);
        }
  }
}

TEST(ImageGeometry, OnePixel) {
  uint8_t pixel = 77, out = 0;
  const ImagePlanes image{&pixel, 1, 1, 1};
  image_flip(image);
  image_rotate(image, 33, &out);
  EXPECT_EQ(out, 77);
  image_translate(image, 1, 0, &out);
  EXPECT_EQ(out, 0);
}

}  // namespace
}  // namespace kindred
