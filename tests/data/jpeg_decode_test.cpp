// SPDX-License-Identifier: Apache-2.0
// Oracle: PIL (tests/golden/make_data.py).
#include <gmock/gmock.h>

#include <cstdlib>

#include "kindred/data/image_file.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

// Different builds of libjpeg may round the inverse transform differently, by a level; conversion may add another.
constexpr int kLevels = 2;

class JpegDecode : public testing::TestWithParam<const char*> {};

TEST_P(JpegDecode, EqualsTheReference) {
  const std::string name = GetParam();
  const std::string bytes = slurp(golden_path("data/" + name + ".jpg"));
  const Image expected = read_pnm(golden_path("data/jpeg_" + name + (name == "grey" ? ".pgm" : ".ppm")));
  Image image;
  decode_image(bytes, name, image);
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.channels, expected.channels);
  ASSERT_EQ(image.pixels.size(), expected.pixels.size());
  int worst = 0;
  for (size_t i = 0; i < expected.pixels.size(); ++i)
    worst = std::max(worst, std::abs(image.pixels[i] - expected.pixels[i]));
  EXPECT_LE(worst, kLevels);

  const ImageHeader header = read_image_header(bytes, name);
  EXPECT_EQ(header.height, expected.height);
  EXPECT_EQ(header.width, expected.width);
  EXPECT_EQ(header.channels, expected.channels);
}

INSTANTIATE_TEST_SUITE_P(Kinds, JpegDecode, testing::Values("grey", "rgb444", "rgb420", "progressive", "cmyk", "ycck"),
                         [](const auto& test) { return std::string(test.param); });

// 61 x 37 halved while the shorter side stays at least min_side: 37, 19, 10, 5.
TEST(JpegDecodeReduced, HalvesAsOftenAsTheShorterSideAllows) {
  const std::string bytes = slurp(golden_path("data/reduced.jpg"));
  for (const auto& [min_side, halvings] : {std::pair{0, 0}, {38, 0}, {20, 0}, {19, 1}, {11, 1}, {10, 2}, {6, 2}, {5, 3}, {1, 3}}) {
    Image image;
    decode_image(bytes, "reduced.jpg", image, min_side);
    const ImageHeader header = read_image_header(bytes, "reduced.jpg", min_side);
    EXPECT_EQ(header.height, image.height);
    EXPECT_EQ(header.width, image.width);
    if (halvings == 0) {
      EXPECT_EQ(image.height, 61);
      continue;
    }
    const Image expected = read_pnm(golden_path("data/jpeg_reduced_" + std::to_string(halvings) + ".ppm"));
    ASSERT_EQ(image.height, expected.height) << min_side;
    ASSERT_EQ(image.width, expected.width) << min_side;
    int worst = 0;
    for (size_t i = 0; i < expected.pixels.size(); ++i)
      worst = std::max(worst, std::abs(image.pixels[i] - expected.pixels[i]));
    EXPECT_LE(worst, kLevels) << min_side;
  }
  Image whole, again;
  decode_image(slurp(golden_path("data/rgb8.png")), "a.png", whole);
  decode_image(slurp(golden_path("data/rgb8.png")), "a.png", again, 2);  // no JPEG: as stored
  EXPECT_EQ(whole.pixels, again.pixels);
}

// The file with another size in its frame header (SOF0 or SOF2).
std::string with_size(std::string bytes, int height, int width) {
  for (size_t at = 2; at + 9 < bytes.size();) {
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (marker == 0xC0 || marker == 0xC2) {
      bytes[at + 5] = static_cast<char>(height >> 8);
      bytes[at + 6] = static_cast<char>(height & 255);
      bytes[at + 7] = static_cast<char>(width >> 8);
      bytes[at + 8] = static_cast<char>(width & 255);
      return bytes;
    }
    at += 2 + (static_cast<unsigned char>(bytes[at + 2]) << 8 | static_cast<unsigned char>(bytes[at + 3]));
  }
  throw std::runtime_error("no frame header");
}

TEST(JpegDecodeErrors, AbsurdSizesAreRefusedBeforeAllocation) {
  Image image;
  for (const char* name : {"data/rgb420.jpg", "data/progressive.jpg"}) {
    const std::string bytes = slurp(golden_path(name));
    EXPECT_THAT(message_of<Corruption>([&] { decode_image(with_size(bytes, 65535, 65535), "big.jpg", image); }),
                HasSubstr("big.jpg: "));
    EXPECT_THAT(message_of<Corruption>([&] { decode_image(with_size(bytes, 60000, 60000), "big.jpg", image); }),
                HasSubstr("at most 268435456 pixels, got 60000 x 60000"));
    EXPECT_THAT(message_of<Corruption>([&] { decode_image(with_size(bytes, 16000, 16000), "lie.jpg", image); }),
                HasSubstr("can hold, got 16000 x 16000"));
    EXPECT_EQ(image.pixels.capacity(), 0u) << name;
  }
}

TEST(JpegDecodeErrors, CutFilesNameTheOffset) {
  const std::string whole = slurp(golden_path("data/rgb420.jpg"));
  Image image;
  for (const size_t cut : {size_t{10}, size_t{300}, whole.size() - 100})
    EXPECT_THAT(message_of<Corruption>([&] { decode_image(whole.substr(0, cut), "cut.jpg", image); }),
                HasSubstr("cut.jpg: offset " + std::to_string(cut) + ": expected a sound JPEG, got: "));
}

TEST(JpegDecodeErrors, BytesAfterTheEndAreHarmless) {
  Image whole, longer;
  const std::string bytes = slurp(golden_path("data/rgb420.jpg"));
  decode_image(bytes, "a", whole);
  decode_image(bytes + "some camera's own notes", "b", longer);
  EXPECT_EQ(whole.pixels, longer.pixels);
}

}  // namespace
}  // namespace kindred::test
