// SPDX-License-Identifier: Apache-2.0
// Oracle: PIL (tests/golden/make_data.py); for a part of a picture, the whole of it, in every coding that libjpeg writes.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>  // needs cstdio before it

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
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
  for (const auto& [min_side, halvings] :
       {std::pair{0, 0}, {38, 0}, {20, 0}, {19, 1}, {11, 1}, {10, 2}, {6, 2}, {5, 3}, {1, 3}}) {
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

struct JpegCoding {
  const char* name;
  int across, down;  // samples of brightness for one of colour; 0: grey
  bool progressive = false;
  int restart = 0;  // blocks
};

// Smooth colours with edges and noise, so that neither smoothing nor coefficients are all alike.
std::string coded(int height, int width, const JpegCoding& coding) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = coding.across == 0 ? 1 : 3;
  jpeg.in_color_space = coding.across == 0 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 85, TRUE);
  if (coding.across > 0) jpeg.comp_info[0].h_samp_factor = coding.across, jpeg.comp_info[0].v_samp_factor = coding.down;
  if (coding.progressive) jpeg_simple_progression(&jpeg);
  jpeg.restart_interval = static_cast<unsigned>(coding.restart);
  jpeg_start_compress(&jpeg, TRUE);
  CounterRng rng(0, RngOp::kTest);
  std::vector<uint8_t> row(static_cast<size_t>(width * jpeg.input_components));
  for (int y = 0; y < height; ++y) {
    for (size_t i = 0; i < row.size(); ++i)
      row[i] = static_cast<uint8_t>(
          (static_cast<size_t>(y) * 2 + i + (i / 60 + static_cast<size_t>(y) / 11) % 3 * 70 + rng.below(24)) % 256);
    JSAMPROW line = row.data();
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string result(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return result;
}

class JpegDecodePart : public testing::TestWithParam<JpegCoding> {};

// NOTE [Part of a JPEG]: inside the box the bits are those of the whole picture.
TEST_P(JpegDecodePart, EqualsTheWholeInsideTheBox) {
  constexpr int kHeight = 203, kWidth = 149;  // no multiple of a block
  const std::string bytes = coded(kHeight, kWidth, GetParam());
  CounterRng rng(1, RngOp::kTest);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(rng.below(static_cast<uint64_t>(n))); };
  for (const int64_t min_side : {0, 70, 30, 15}) {
    Image whole, part;
    decode_image(bytes, "whole", whole, min_side);
    for (int i = 0; i < 150; ++i) {
      ImageBox box;
      const auto choose = [&](int64_t height, int64_t width) {
        EXPECT_EQ(height, whole.height);
        EXPECT_EQ(width, whole.width);
        box = {.top = below(height), .left = below(width)};
        if (i % 5 == 0) box.top = 0;
        if (i % 7 == 0) box.left = 0;
        box.height = i % 6 == 0 ? height - box.top : 1 + below(height - box.top);
        box.width = i % 4 == 0 ? width - box.left : 1 + below(width - box.left);
        return box;
      };
      part.pixels.assign(whole.pixels.size(), 77);
      decode_image(bytes, "part", part, min_side, choose);
      ASSERT_EQ(part.pixels.size(), whole.pixels.size());
      ASSERT_EQ(part.width, whole.width);
      for (int64_t y = box.top; y < box.top + box.height; ++y) {
        const auto begin = (y * whole.width + box.left) * whole.channels, end = begin + box.width * whole.channels;
        ASSERT_TRUE(std::equal(whole.pixels.begin() + begin, whole.pixels.begin() + end, part.pixels.begin() + begin))
            << "min_side " << min_side << ", box " << box.height << " x " << box.width << " at " << box.top << ", "
            << box.left << ", row " << y;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Codings, JpegDecodePart,
                         testing::Values(JpegCoding{"grey", 0, 0}, JpegCoding{"c444", 1, 1}, JpegCoding{"c422", 2, 1},
                                         JpegCoding{"c420", 2, 2}, JpegCoding{"c440", 1, 2}, JpegCoding{"c411", 4, 1},
                                         JpegCoding{"c410", 4, 2}, JpegCoding{"progressive", 2, 2, true},
                                         JpegCoding{"progressive444", 1, 1, true},
                                         JpegCoding{"restarts", 2, 2, false, 3}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(JpegDecodePartOf, DoesLess) {  // or the equality above would be empty
  const std::string bytes = coded(203, 149, {"", 2, 2});
  Image image;
  decode_image(bytes, "a", image);
  std::ranges::fill(image.pixels, uint8_t{77});
  decode_image(bytes, "a", image, 0,
               [](int64_t, int64_t) { return ImageBox{.top = 80, .left = 64, .height = 9, .width = 5}; });
  const auto untouched = std::ranges::count(image.pixels, 77);
  EXPECT_GT(untouched, static_cast<int64_t>(image.pixels.size()) * 8 / 10);
}

TEST(JpegDecodePartOf, TurnedPicturesAndFourInksComeWhole) {
  for (const char* name : {"data/exif_6.jpg", "data/cmyk.jpg"}) {
    const std::string bytes = slurp(golden_path(name));
    Image whole, part;
    decode_image(bytes, name, whole);
    decode_image(bytes, name, part, 0, [](int64_t, int64_t) { return ImageBox{.height = 1, .width = 1}; });
    EXPECT_EQ(whole.pixels, part.pixels) << name;
  }
}

TEST(JpegDecodePartOf, ErrorsDoNotDependOnTheBox) {
  const auto top = [](int64_t, int64_t) { return ImageBox{.height = 1, .width = 1}; };
  for (const bool progressive : {false, true}) {
    const std::string whole = coded(203, 149, {"", 2, 2, progressive});
    Image image;
    for (const size_t cut : {whole.size() - 40, whole.size() / 2}) {
      const std::string_view bytes = std::string_view(whole).substr(0, cut);
      const std::string message = message_of<Corruption>([&] { decode_image(bytes, "cut.jpg", image); });
      EXPECT_THAT(message, HasSubstr("expected a sound JPEG"));
      EXPECT_EQ(message_of<Corruption>([&] { decode_image(bytes, "cut.jpg", image, 0, top); }), message);
    }
  }
}

TEST(JpegDecodePartOf, RefusesABoxOutside) {
  const std::string bytes = coded(20, 30, {"", 1, 1});
  Image image;
  for (const ImageBox box :
       {ImageBox{0, 0, 21, 30}, ImageBox{0, 1, 20, 30}, ImageBox{-1, 0, 5, 5}, ImageBox{0, 0, 0, 5}})
    EXPECT_THAT(
        message_of<InvalidArgument>([&] { decode_image(bytes, "a", image, 0, [&](int64_t, int64_t) { return box; }); }),
        HasSubstr("expected a box inside 20 x 30"));
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
