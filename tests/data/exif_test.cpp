// SPDX-License-Identifier: Apache-2.0
// Oracle: PIL's exif_transpose (tests/golden/make_data.py), and blocks written by hand.
#include "kindred/data/exif.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "kindred/data/image_file.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"

namespace kindred::test {
namespace {

constexpr int kJpegLevels = 2;  // two builds of libjpeg may round apart

// The picture of data/<file>, held against the one that PIL turned upright.
void expect_upright(const std::string& file, const std::string& expected_file, int levels) {
  const std::string bytes = slurp(golden_path("data/" + file));
  const Image expected = read_pnm(golden_path("data/" + expected_file));
  Image image;
  decode_image(bytes, file, image);
  ASSERT_EQ(image.height, expected.height) << file;
  ASSERT_EQ(image.width, expected.width) << file;
  ASSERT_EQ(image.pixels.size(), expected.pixels.size()) << file;
  int worst = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    worst = std::max(worst, std::abs(image.pixels[i] - expected.pixels[i]));
  EXPECT_LE(worst, levels) << file;
  const ImageHeader header = read_image_header(bytes, file);
  EXPECT_EQ(header.height, expected.height) << file;
  EXPECT_EQ(header.width, expected.width) << file;
}

TEST(Exif, AllEightOrientationsOfAJpeg) {
  for (int i = 1; i <= 8; ++i)
    expect_upright("exif_" + std::to_string(i) + ".jpg", "jpeg_exif_" + std::to_string(i) + ".pgm", kJpegLevels);
}

TEST(Exif, PngAndWebp) {
  expect_upright("exif_6.png", "png_exif_6.ppm", 0);
  expect_upright("exif_8.webp", "webp_exif_8.ppm", 0);
}

TEST(Exif, BothByteOrdersAndDamage) {
  const std::string little("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0", 22);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x07\0\0", 22);
  EXPECT_EQ(exif_orientation(little), 6);
  EXPECT_EQ(exif_orientation(big), 7);
  for (size_t cut = 0; cut < 20; ++cut) EXPECT_EQ(exif_orientation(little.substr(0, cut)), 1) << cut;
  std::string far = little;
  far[4] = far[5] = far[6] = far[7] = '\xFF';
  EXPECT_EQ(exif_orientation(far), 1);
  for (const char value : {0, 9, 77}) {
    std::string bad = little;
    bad[18] = value;
    EXPECT_EQ(exif_orientation(bad), 1);
  }
  EXPECT_EQ(exif_orientation(""), 1);
}

// Turning by what undoes it gives the stored picture back.
TEST(Exif, TurnsUndoEachOther) {
  const Image stored = ramp(3, 5, 3);
  const int undo[9] = {0, 1, 2, 3, 4, 5, 8, 7, 6};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Image image = stored;
    exif_upright(image, orientation);
    EXPECT_EQ(image.height, exif_turns(orientation) ? 5 : 3);
    exif_upright(image, undo[orientation]);
    EXPECT_EQ(image.pixels, stored.pixels) << orientation;
  }
}

}  // namespace
}  // namespace kindred::test
