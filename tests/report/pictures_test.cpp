// SPDX-License-Identifier: Apache-2.0
// Proves: base64 (RFC 4648 section 10), pictures that decode to their pixels, thumbnails, and where a sheet puts a
// tile.
#include "kindred/report/pictures.h"

#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"
#include "kindred/data/memory_images.h"
#include "tests/report/page.h"

namespace kindred::report {
namespace {

const std::string kPrefix = "data:image/png;base64,";

Image decoded(const std::string& uri) {
  EXPECT_EQ(uri.substr(0, kPrefix.size()), kPrefix);
  Image image;
  decode_image(test::base64_bytes(std::string_view(uri).substr(kPrefix.size())), "uri", image);
  return image;
}

TEST(Base64, KnownAnswers) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Picture, DecodesToItsPixels) {
  const Image image{.height = 2, .width = 2, .channels = 3, .pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}};
  const Picture shown = picture(image);
  EXPECT_EQ(shown.width, 2);
  EXPECT_EQ(shown.height, 2);
  EXPECT_EQ(decoded(shown.uri).pixels, image.pixels);
}

TEST(Thumbnail, LeavesSmallImagesAlone) {
  const Image image{.height = 1, .width = 3, .channels = 1, .pixels = {1, 2, 3}};
  EXPECT_EQ(thumbnail(image, 3).pixels, image.pixels);
}

TEST(Thumbnail, ShrinksTheLongerSideAndKeepsColours) {
  Image image{.height = 20, .width = 40, .channels = 3, .pixels = {}};
  for (int i = 0; i < 20 * 40; ++i) image.pixels.insert(image.pixels.end(), {200, 100, 50});
  const Image small = thumbnail(image, 10);
  EXPECT_EQ(small.width, 10);
  EXPECT_EQ(small.height, 5);
  ASSERT_EQ(small.pixels.size(), 150u);
  for (size_t i = 0; i < 150; i += 3) {
    EXPECT_EQ(small.pixels[i], 200);
    EXPECT_EQ(small.pixels[i + 1], 100);
    EXPECT_EQ(small.pixels[i + 2], 50);
  }
}

TEST(Thumbnail, NoSideBecomesZero) {
  const Image image{.height = 1, .width = 500, .channels = 1, .pixels = std::vector<uint8_t>(500, 9)};
  EXPECT_EQ(thumbnail(image, 10).height, 1);
}

// n grey squares of 8 x 8 pixels, square i filled with i.
DatasetPtr squares(int n) {
  MemoryImages images;
  images.info = {.name = "squares",
                 .modality = Modality::kImage,
                 .channels = 1,
                 .height = 8,
                 .width = 8,
                 .features = 0,
                 .labelled = false,
                 .class_names = {}};
  for (int i = 0; i < n; ++i) images.pixels.insert(images.pixels.end(), 64, static_cast<uint8_t>(i));
  images.parts = {{"squares.idx", 0}};
  return memory_dataset(std::move(images));
}

TEST(Sheet, TilesStandRowByRow) {
  const Sheet made = sheet(*squares(5), {4, 3, 2, 1, 0});
  EXPECT_EQ(made.tile, 8);
  EXPECT_EQ(made.per_row, 3);
  const Image all = decoded(made.uri);
  ASSERT_EQ(all.width, 24);
  ASSERT_EQ(all.height, 16);
  for (int i = 0; i < 5; ++i) {
    const int64_t y = i / 3 * 8 + 4, x = i % 3 * 8 + 4;
    EXPECT_EQ(all.pixels[static_cast<size_t>((y * all.width + x) * all.channels)], 4 - i) << "tile " << i;
  }
}

// 2 x 3 pixels would make tiles of 3: too small to see.
TEST(Sheet, NoneForTinyPictures) { EXPECT_EQ(sheet(*test::four_pictures(), {0, 1}).uri, ""); }

TEST(Sheet, NothingToShow) { EXPECT_EQ(sheet(*squares(2), {}).uri, ""); }

}  // namespace
}  // namespace kindred::report
