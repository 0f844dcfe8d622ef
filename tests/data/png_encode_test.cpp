// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/png_encode.h"

#include <gmock/gmock.h>

#include "kindred/data/image_file.h"
#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

TEST(PngEncode, DecodesToTheSamePixels) {
  for (const int64_t channels : {1, 3})
    for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {28, 28}, {7, 301}}) {
      const Image image = ramp(height, width, channels);
      const std::string bytes = encode_png(image);
      EXPECT_EQ(image_format(bytes), ImageFormat::kPng);
      Image back;
      decode_image(bytes, "memory", back);
      EXPECT_EQ(back.height, height);
      EXPECT_EQ(back.width, width);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.pixels, image.pixels);
    }
}

TEST(PngEncode, RefusesPixelsThatDoNotFit) {
  Image image = ramp(2, 3, 3);
  image.pixels.pop_back();
  EXPECT_THAT(message_of<InvalidArgument>([&] { encode_png(image); }), HasSubstr("got 2 x 3 x 3 and 17 bytes"));
  EXPECT_THROW(encode_png(Image{}), InvalidArgument);
}

}  // namespace
}  // namespace kindred::test
