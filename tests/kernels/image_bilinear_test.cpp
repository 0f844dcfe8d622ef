// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; a linear ramp stays linear where it is not cut by the edge; one pixel fills everything.
#include "kindred/kernels/image_bilinear.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(ImageBilinear, SharedVector) {
  const auto shared = test::golden_case("vectors/augmentation.json", "resized_crop_bilinear");
  std::vector<float> image, expected;
  for (const auto& row : shared.at("inputs").at("image"))
    for (const float x : row) image.push_back(x);
  for (const auto& row : shared.at("expected_value")[0])
    for (const float x : row) expected.push_back(x);
  const auto& o = shared.at("options");
  std::vector<float> out(4);
  image_bilinear(image.data() + o.at("top").get<int64_t>() * 4 + o.at("left").get<int64_t>(), 4, o.at("height"),
                 o.at("width"), o.at("size")[0], o.at("size")[1], out.data());
  for (size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(out[i], expected[i]);
}

TEST(ImageBilinear, RampStaysARamp) {
  std::vector<float> ramp(8);
  for (size_t i = 0; i < 8; ++i) ramp[i] = static_cast<float>(i);
  std::vector<float> out(20);
  image_bilinear(ramp.data(), 8, 1, 8, 1, 20, out.data());
  for (size_t i = 0; i < 20; ++i) {
    const double position = (static_cast<double>(i) + 0.5) * 8 / 20 - 0.5;
    EXPECT_NEAR(out[i], std::min(std::max(position, 0.0), 7.0), 1e-6);
  }
}

TEST(ImageBilinear, OnePixelFillsEverything) {
  const float pixel = 3.5f;
  std::vector<float> out(12);
  image_bilinear(&pixel, 1, 1, 1, 3, 4, out.data());
  for (const float value : out) EXPECT_EQ(value, 3.5f);
}

}  // namespace
}  // namespace kindred
