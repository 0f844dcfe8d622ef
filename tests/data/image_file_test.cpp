// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/image_file.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/golden.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

TEST(ImageFile, FormatIsToldByContent) {
  EXPECT_EQ(image_format(slurp(golden_path("data/rgb8.png"))), ImageFormat::kPng);
  EXPECT_EQ(image_format(slurp(golden_path("data/rgb420.jpg"))), ImageFormat::kJpeg);
  EXPECT_EQ(image_format(slurp(golden_path("data/lossy.webp"))), ImageFormat::kWebp);
  EXPECT_EQ(image_format("RIFF\x10\0\0\0WAVE"), ImageFormat::kNone);
  EXPECT_EQ(image_format("GIF89a"), ImageFormat::kNone);
  EXPECT_EQ(image_format(""), ImageFormat::kNone);
}

TEST(ImageFile, EmptyAndForeignFilesAreCorruption) {
  Image image;
  EXPECT_THAT(message_of<Corruption>([&] { decode_image("", "a.png", image); }),
              HasSubstr("a.png: offset 0: expected a JPEG, PNG or WebP image, got an empty file"));
  EXPECT_THAT(message_of<Corruption>([&] { decode_image("GIF89a;", "a.jpg", image); }),
              HasSubstr("got a file that starts with 47 49 46 38 39 61 3b"));
}

TEST(ImageFile, SizeLimits) {
  EXPECT_NO_THROW(check_image_size(65500, 4098, "x", 0));
  for (const auto& [height, width] : {std::pair{0, 5}, {5, 0}, {65501, 1}, {1, 65501}, {16385, 16384}})
    EXPECT_THROW(check_image_size(height, width, "x", 0), Corruption) << height << " x " << width;
}

// Every cut and many single-byte changes of small files: an error or a picture, never a crash (run with ASan and UBSan).
TEST(ImageFile, CutAndChangedFilesNeverCrash) {
  for (const char* name :
       {"rgb8_interlaced.png", "palette4_alpha.png", "grey16.png", "rgb420.jpg", "progressive.jpg", "cmyk.jpg",
        "exif_6.jpg", "lossy.webp", "lossless.webp", "lossy_alpha.webp", "exif_8.webp"}) {
    const std::string whole = slurp(golden_path(std::string("data/") + name));
    Image image;
    for (size_t cut = 0; cut < whole.size(); ++cut)  // the last bytes too: a missing end marker is an early end
      EXPECT_THROW(decode_image(std::string_view(whole).substr(0, cut), name, image), Corruption)
          << name << " cut at " << cut;
    for (size_t at = 0; at < whole.size(); ++at) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
      try {
        decode_image(changed, name, image);
      } catch (const Corruption&) {
      }
    }
  }
}

}  // namespace
}  // namespace kindred::test
