// SPDX-License-Identifier: Apache-2.0
// Proves: equal to Pillow and torchvision on golden pictures, on every target; within one level of the float definitions;
// properties of each operation.
#include "kindred/kernels/image_colour.h"

#include <gtest/gtest.h>

#include <functional>

#include "kindred/kernels/image_colour_ref.h"
#include "tests/kernels/every_target.h"
#include "tests/kernels/random_bytes.h"
#include "tests/support/golden_images.h"

namespace kindred {
namespace {

using Op = std::function<void(ImagePlanes, const nlohmann::json&)>;

void expect_golden(const std::string& name, const Op& op) {
  test::for_every_target([&] {
    for (const auto& c : test::golden_images(name)) {
      auto planes = planes_of(c.in);
      op({planes.data(), c.in.channels, c.in.height, c.in.width}, c.options);
      EXPECT_EQ(test::difference(planes, planes_of(c.out)).largest, 0) << c.options;
    }
  });
}

float factor(const nlohmann::json& options) { return options.at("factor").get<float>(); }

TEST(ImageColour, BrightnessEqualsPillow) {
  expect_golden("brightness", [](ImagePlanes p, const auto& o) { image_brightness(p, factor(o)); });
}
TEST(ImageColour, ContrastEqualsPillow) {
  expect_golden("contrast", [](ImagePlanes p, const auto& o) { image_contrast(p, factor(o)); });
}
TEST(ImageColour, SaturationEqualsPillow) {
  expect_golden("saturation", [](ImagePlanes p, const auto& o) { image_saturation(p, factor(o)); });
}
TEST(ImageColour, SolarizeEqualsPillow) {
  expect_golden("solarize",
                [](ImagePlanes p, const auto& o) { image_solarize(p, o.at("threshold").template get<uint8_t>()); });
}
TEST(ImageColour, GreyscaleEqualsPillow) {
  expect_golden("greyscale", [](ImagePlanes p, const auto&) { image_greyscale(p); });
}

// Random colours of an area that is no multiple of any vector, by both versions.
void expect_near_float(const std::function<void(ImagePlanes)>& bytes_op,
                       const std::function<void(float*, int64_t)>& float_op) {
  constexpr int64_t kArea = 1003;
  auto bytes = test::random_bytes(3 * kArea, 5);
  std::vector<float> floats(bytes.begin(), bytes.end());
  for (float& x : floats) x /= 255;
  bytes_op({bytes.data(), 3, 17, 59});
  float_op(floats.data(), kArea);
  // One level for rounding towards zero, half a level for the rounded grey.
  for (size_t i = 0; i < bytes.size(); ++i) ASSERT_NEAR(bytes[i], 255 * floats[i], 1.5) << i;
}

TEST(ImageColour, WithinRoundingOfTheFloatDefinitions) {
  for (const float f : {0.0f, 0.3f, 1.0f, 1.4f}) {
    expect_near_float([&](ImagePlanes p) { image_brightness(p, f); },
                      [&](float* x, int64_t n) { image_brightness_ref(x, n, f); });
    expect_near_float([&](ImagePlanes p) { image_contrast(p, f); },
                      [&](float* x, int64_t n) { image_contrast_ref(x, n, f); });
    expect_near_float([&](ImagePlanes p) { image_saturation(p, f); },
                      [&](float* x, int64_t n) { image_saturation_ref(x, n, f); });
  }
  expect_near_float([](ImagePlanes p) { image_greyscale(p); }, [](float* x, int64_t n) { image_greyscale_ref(x, n); });
  expect_near_float([](ImagePlanes p) { image_solarize(p, 128); },
                    [](float* x, int64_t n) { image_solarize_ref(x, n, 0.5); });
}

TEST(ImageColour, MeanGreyOfALargePicture) {  // more pixels than one 32-bit partial sum takes
  std::vector<uint8_t> white(3 * 400 * 400, 255);
  EXPECT_EQ(image_mean_grey({white.data(), 3, 400, 400}), 255);
  EXPECT_EQ(image_mean_grey({white.data(), 1, 400, 1200}), 255);
  EXPECT_EQ(image_mean_grey({nullptr, 3, 0, 0}), 0);
}

TEST(ImageColour, HugeFactorsSaturate) {
  std::vector<uint8_t> bytes{0, 1, 128, 255};
  image_brightness({bytes.data(), 1, 2, 2}, 1e30f);
  EXPECT_EQ(bytes, (std::vector<uint8_t>{0, 255, 255, 255}));
}

TEST(ImageColour, GreyPicturesKeepTheirColour) {
  auto bytes = test::random_bytes(64, 6);
  const auto before = bytes;
  const ImagePlanes grey{bytes.data(), 1, 8, 8};
  image_saturation(grey, 0.3f), image_hue(grey, 77), image_greyscale(grey);
  EXPECT_EQ(bytes, before);
}

}  // namespace
}  // namespace kindred
