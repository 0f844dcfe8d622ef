// SPDX-License-Identifier: Apache-2.0
// Oracle: PIL, or numpy for 16 bits and transparency (tests/golden/make_data.py).
#include <gmock/gmock.h>
#include <zlib.h>

#include "kindred/data/image_file.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

class PngDecode : public testing::TestWithParam<const char*> {};

TEST_P(PngDecode, EqualsTheReference) {
  const std::string name = GetParam();
  const std::string bytes = slurp(golden_path("data/" + name + ".png"));
  const bool grey = name.starts_with("grey");
  const Image expected = read_pnm(golden_path("data/png_" + name + (grey ? ".pgm" : ".ppm")));
  Image image{
      .height = 1, .width = 1, .channels = 1, .pixels = std::vector<uint8_t>(9999, 77)};  // reused: no rest may show
  decode_image(bytes, name, image);
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.channels, expected.channels);
  EXPECT_EQ(image.pixels, expected.pixels);

  const ImageHeader header = read_image_header(bytes, name);
  EXPECT_EQ(header.height, expected.height);
  EXPECT_EQ(header.width, expected.width);
  EXPECT_EQ(header.channels, expected.channels);
}

INSTANTIATE_TEST_SUITE_P(Kinds, PngDecode,
                         testing::Values("grey1", "grey2", "grey4", "grey8", "grey16", "grey_alpha8", "grey_alpha16",
                                         "grey_trns", "palette4", "palette4_alpha", "rgb8", "rgb8_interlaced", "rgb16",
                                         "rgb_trns", "rgba8", "rgba16"),
                         [](const auto& test) { return std::string(test.param); });

// A PNG that says width x height and then holds `data` bytes of nothing.
std::string claiming(int64_t width, int64_t height, size_t data) {
  const auto chunk = [](const std::string& kind, const std::string& body) {
    const std::string checked = kind + body;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
    return be32(static_cast<int64_t>(body.size())) + checked + be32(static_cast<int64_t>(crc));
  };
  const std::string header = be32(width) + be32(height) + std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1A\n" + chunk("IHDR", header) + chunk("IDAT", std::string(data, '\0')) + chunk("IEND", "");
}

TEST(PngDecodeErrors, AbsurdSizesAreRefusedBeforeAllocation) {
  Image image;
  EXPECT_THAT(
      message_of<Corruption>([&] { decode_image(claiming(100'000, 100'000, 10), "big.png", image); }),
      HasSubstr("big.png: offset 16: expected sides of 1 to 65500 and at most 268435456 pixels, got 100000 x 100000"));
  EXPECT_THAT(message_of<Corruption>([&] { read_image_header(claiming(100'000, 100'000, 10), "big.png"); }),
              HasSubstr("offset 16"));
  // Within the limits, but no 100-byte file can hold 16 000 x 16 000 pixels.
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(claiming(16'000, 16'000, 10), "lie.png", image); }),
              HasSubstr("offset 16: expected a size that 67 bytes can hold, got 16000 x 16000"));
  EXPECT_EQ(image.pixels.capacity(), 0u);
}

TEST(PngDecodeErrors, CutFilesNameTheOffset) {
  const std::string whole = slurp(golden_path("data/rgb8.png"));
  Image image;
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(whole.substr(0, 20), "cut.png", image); }),
              HasSubstr("cut.png: offset 20: expected a PNG header, got the end of the file"));
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(whole.substr(0, 200), "cut.png", image); }),
              HasSubstr("cut.png: offset 200: expected a sound PNG, got: the file ends early"));
}

TEST(PngDecodeErrors, ADamagedBodyIsAnError) {
  std::string bytes = slurp(golden_path("data/rgb8.png"));
  bytes[bytes.size() / 2] ^= 0x10;
  Image image;
  EXPECT_THAT(message_of<Corruption>([&] { decode_image(bytes, "bad.png", image); }),
              HasSubstr("expected a sound PNG"));
}

}  // namespace
}  // namespace kindred::test
