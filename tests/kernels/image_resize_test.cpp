// SPDX-License-Identifier: Apache-2.0
// Proves: equal to Pillow on every golden picture, to the reference on odd and extreme sizes, on every target; parts and
// mirrored resizes are parts and mirrors of the whole; nothing is written beyond the output.
#include "kindred/kernels/image_resize.h"

#include <gtest/gtest.h>

#include "tests/kernels/every_target.h"
#include "tests/kernels/random_bytes.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

using test::Picture;

ImageSource source_of(const Picture& p) {
  return {p.pixels.data(), p.width * p.channels, p.channels, p.height, p.width};
}
ResizeAxis whole(int64_t in, int64_t out) { return {.in = in, .out = out, .count = out}; }

std::vector<uint8_t> resized(const ImageSource& source, const ResizeAxis& y, const ResizeAxis& x,
                             bool reference = false) {
  constexpr size_t kCanary = 32;
  const auto size = static_cast<size_t>(source.channels * y.count * x.count);
  std::vector<uint8_t> out(size + kCanary, 0xA5);
  ResizeScratch scratch;
  (reference ? image_resize_ref : image_resize)(source, y, x, out.data(), scratch);
  for (size_t i = size; i < out.size(); ++i) EXPECT_EQ(out[i], 0xA5) << "written past the end";
  out.resize(size);
  return out;
}

TEST(ImageResize, EqualsPillow) {
  test::for_every_target([] {
    for (const auto& c : test::golden_images("resize")) {
      const auto out = resized(source_of(c.in), whole(c.in.height, c.out.height), whole(c.in.width, c.out.width));
      EXPECT_EQ(test::difference(out, planes_of(c.out)).largest, 0) << c.options;
    }
  });
}

TEST(ImageResize, EqualsTorchvisionsResizedCrop) {
  test::for_every_target([] {
    for (const auto& c : test::golden_images("crop")) {
      const auto box = c.options.at("box").get<std::vector<int64_t>>();
      ImageSource source = source_of(c.in);
      source.pixels += box[0] * source.row_stride + box[1] * source.channels;
      source.height = box[2], source.width = box[3];
      const auto out = resized(source, whole(box[2], c.out.height), whole(box[3], c.out.width));
      EXPECT_EQ(test::difference(out, planes_of(c.out)).largest, 0) << c.options;
    }
  });
}

TEST(ImageResize, EveryTargetEqualsTheReference) {
  for (const int64_t channels : {1, 3})
    for (const int64_t in : {1, 2, 3, 7, 8, 15, 31, 33, 64})
      for (const int64_t out : {1, 2, 5, 8, 9, 16, 17, 31, 32, 63}) {
        const int64_t width = 70 - in;
        const auto bytes = test::random_bytes(in * width * channels, static_cast<uint32_t>(in * 100 + out));
        const ImageSource source{bytes.data(), width * channels, channels, in, width};
        const auto expected = resized(source, whole(in, out), whole(width, out + 3), true);
        test::for_every_target([&] { ASSERT_EQ(resized(source, whole(in, out), whole(width, out + 3)), expected); });
      }
}

TEST(ImageResize, ExtremeRatios) {
  const auto bytes = test::random_bytes(5000 * 3, 1);
  for (const int64_t channels : {1, 3}) {
    const ImageSource wide{bytes.data(), 5000 * channels, channels, 1, 5000};
    const ImageSource tall{bytes.data(), channels, channels, 5000, 1};
    for (const ImageSource& source : {wide, tall}) {
      const auto y = whole(source.height, 3), x = whole(source.width, 2);
      EXPECT_EQ(resized(source, y, x), resized(source, y, x, true));
    }
  }
}

TEST(ImageResize, SameSizeCopies) {
  const auto bytes = test::random_bytes(13 * 9, 2);
  EXPECT_EQ(resized({bytes.data(), 9, 1, 13, 9}, whole(13, 13), whole(9, 9)), bytes);
}

TEST(ImageResize, ConstantStaysConstant) {
  const std::vector<uint8_t> white(40 * 30 * 3, 255);
  for (const uint8_t value : resized({white.data(), 90, 3, 40, 30}, whole(40, 17), whole(30, 61)))
    ASSERT_EQ(value, 255);
}

TEST(ImageResize, PartsAndMirrorsOfTheWhole) {
  const auto bytes = test::random_bytes(23 * 37 * 3, 3);
  const ImageSource source{bytes.data(), 37 * 3, 3, 23, 37};
  for (const auto& [out_y, out_x] : {std::pair<int64_t, int64_t>{11, 50}, {23, 37}, {40, 37}, {23, 20}}) {
    const auto all = resized(source, whole(23, out_y), whole(37, out_x));
    for (const bool mirror_y : {false, true})
      for (const bool mirror_x : {false, true}) {
        const ResizeAxis y{23, out_y, 2, out_y - 5, mirror_y}, x{37, out_x, 3, out_x - 7, mirror_x};
        const auto part = resized(source, y, x);
        for (int64_t c = 0; c < 3; ++c)
          for (int64_t i = 0; i < y.count; ++i)
            for (int64_t j = 0; j < x.count; ++j) {
              const int64_t row = y.first + (mirror_y ? y.count - 1 - i : i),
                            column = x.first + (mirror_x ? x.count - 1 - j : j);
              ASSERT_EQ(part[static_cast<size_t>((c * y.count + i) * x.count + j)],
                        all[static_cast<size_t>((c * out_y + row) * out_x + column)]);
            }
      }
  }
}

TEST(ImageResize, ReusesItsScratch) {
  const auto bytes = test::random_bytes(50 * 60 * 3, 4);
  const ImageSource source{bytes.data(), 180, 3, 50, 60};
  ResizeScratch scratch;
  std::vector<uint8_t> large(64 * 64 * 3), small(8 * 9 * 3);
  image_resize(source, whole(50, 64), whole(60, 64), large.data(), scratch);
  image_resize(source, whole(50, 8), whole(60, 9), small.data(), scratch);
  EXPECT_EQ(small, resized(source, whole(50, 8), whole(60, 9)));
  const auto before = scratch.rows.data();
  image_resize(source, whole(50, 64), whole(60, 64), large.data(), scratch);
  EXPECT_EQ(scratch.rows.data(), before);
  EXPECT_EQ(large, resized(source, whole(50, 64), whole(60, 64)));
}

}  // namespace
}  // namespace kindred
