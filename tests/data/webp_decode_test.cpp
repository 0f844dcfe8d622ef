// SPDX-License-Identifier: Apache-2.0
// Oracle: PIL (tests/golden/make_data.py).
#include <gmock/gmock.h>

#include "kindred/data/image_file.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

class WebpDecode : public testing::TestWithParam<const char*> {};

// libwebp's decoder is defined to the bit, and PIL uses the same.
TEST_P(WebpDecode, EqualsTheReference) {
  const std::string name = GetParam();
  const std::string bytes = slurp(golden_path("data/" + name + ".webp"));
  const Image expected = read_pnm(golden_path("data/webp_" + name + ".ppm"));
  Image image{.height = 1, .width = 1, .channels = 1, .pixels = std::vector<uint8_t>(99999, 77)};
  decode_image(bytes, name, image);
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, expected.pixels);
  const ImageHeader header = read_image_header(bytes, name);
  EXPECT_EQ(header.height, expected.height);
  EXPECT_EQ(header.width, expected.width);
  EXPECT_EQ(header.channels, 3);
}

INSTANTIATE_TEST_SUITE_P(Kinds, WebpDecode,
                         testing::Values("lossy", "lossless", "lossy_alpha", "lossless_alpha", "exif_8"),
                         [](const auto& test) { return std::string(test.param); });

TEST(WebpDecodeErrors, CutBrokenAndMovingFiles) {
  Image image;
  const std::string whole = slurp(golden_path("data/lossy.webp"));
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(whole.substr(0, 20), "cut.webp", image); }),
              HasSubstr("cut.webp: offset 20: expected a WebP header, got the end of the file"));
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(whole.substr(0, whole.size() - 9), "cut.webp", image); }),
              HasSubstr("cut.webp: offset " + std::to_string(whole.size() - 9) + ": expected a WebP of "));
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(slurp(golden_path("data/animated.webp")), "a.webp", image); }),
              HasSubstr("expected a still WebP, got an animation"));
  EXPECT_EQ(image.pixels.capacity(), 0u);
}

// A VP8X header (extended format) that claims 16384 x 16384 and more: refused before anything is allocated.
TEST(WebpDecodeErrors, AbsurdSizesAreRefusedBeforeAllocation) {
  const auto claiming = [](uint32_t side) {
    std::string body("VP8X\x0A\0\0\0\0\0\0\0", 12);
    for (int i = 0; i < 2; ++i)
      for (int shift = 0; shift < 24; shift += 8) body += static_cast<char>((side - 1) >> shift & 255);
    const std::string lossless = slurp(golden_path("data/lossless.webp")).substr(12);
    body += lossless;
    std::string size;
    for (int shift = 0; shift < 32; shift += 8) size += static_cast<char>((body.size() + 4) >> shift & 255);
    return "RIFF" + size + "WEBP" + body;
  };
  Image image;
  EXPECT_THROW(decode_image(claiming(100'000), "big.webp", image), Corruption);
  EXPECT_THROW(decode_image(claiming(16'385), "big.webp", image), Corruption);
  EXPECT_EQ(image.pixels.capacity(), 0u);
}

}  // namespace
}  // namespace kindred::test
