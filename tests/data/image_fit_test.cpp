// SPDX-License-Identifier: Apache-2.0
// Proves: fitted pictures equal torchvision's Resize + CenterCrop on golden pictures; axes on odd margins and extreme
// shapes; pictures and preprocessing that contradict themselves are refused.
#include "kindred/data/image_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

TEST(ImageFit, EqualsTorchvision) {
  for (const auto& c : test::golden_images("centre_fit")) {
    const Image image{c.in.height, c.in.width, c.in.channels, c.in.pixels};
    const Preprocess p{.channels = c.in.channels, .height = c.out.height, .width = c.out.width};
    PreprocessScratch scratch;
    fitted_planes(image, p, scratch);
    EXPECT_EQ(test::difference(scratch.bytes, planes_of(c.out)).largest, 0) << c.options;
  }
}

TEST(ImageFit, AxesStayInside) {
  for (const int64_t height : {1, 2, 7, 32, 1000, 100000})
    for (const int64_t width : {1, 3, 8, 33, 100000})
      for (const int64_t side : {1, 2, 31, 224}) {
        const auto [y, x] = centre_fit(height, width, side, side + 1);
        for (const ResizeAxis& axis : {y, x}) {
          ASSERT_GE(axis.first, 0);
          ASSERT_LE(axis.first + axis.count, axis.out);
        }
        ASSERT_EQ(y.count, side);
        ASSERT_EQ(x.count, side + 1);
        ASSERT_TRUE(y.out == side || x.out == side + 1);
      }
}

TEST(ImageFit, SameSizeIsUntouched) {
  const auto [y, x] = centre_fit(28, 28, 28, 28);
  EXPECT_EQ(y.out, 28);
  EXPECT_EQ(x.out, 28);
  EXPECT_EQ(x.first, 0);
}

TEST(ImageFit, RefusesBadPictures) {
  const auto refused = [](const Image& image) { EXPECT_THROW(check_image(image, "test"), InvalidArgument); };
  refused({});
  refused({2, 2, 2, std::vector<uint8_t>(8)});
  refused({2, 2, 3, std::vector<uint8_t>(11)});
  refused({-1, -2, 1, std::vector<uint8_t>(2)});
  refused({int64_t{1} << 40, int64_t{1} << 40, 1, {}});
  EXPECT_THAT(
      [] {
        check_image({2, 2, 1, std::vector<uint8_t>(3)}, "test");
      },
      testing::ThrowsMessage<InvalidArgument>("test: expected 4 bytes for 2 x 2 x 1, got 3"));
}

TEST(ImageFit, RefusesBadPreprocessing) {
  const auto refused = [](const Preprocess& p) { EXPECT_THROW(check_preprocess(p, "test"), InvalidArgument); };
  refused({.modality = "sound"});
  refused({.channels = 4});
  refused({.height = 0});
  refused({.mean = {0.1}});
  refused({.std = {1, 1, -1}});
  refused({.mean = {0, 0, std::nan("")}});
  refused({.modality = "vector"});
  EXPECT_NO_THROW(check_preprocess({}, "test"));
}

}  // namespace
}  // namespace kindred
