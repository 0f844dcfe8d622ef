// SPDX-License-Identifier: Apache-2.0
// Proves: the float definitions give the shared vectors.
#include "kindred/kernels/image_colour_ref.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "tests/support/golden.h"

namespace kindred {
namespace {

std::vector<float> flat(const nlohmann::json& nested) {
  std::vector<float> values;
  const std::function<void(const nlohmann::json&)> walk = [&](const nlohmann::json& item) {
    if (!item.is_array()) return values.push_back(item.get<float>());
    for (const auto& inner : item) walk(inner);
  };
  walk(nested);
  return values;
}

TEST(ImageColourRef, SharedVectors) {
  const auto shared = test::golden_case("vectors/augmentation.json", "colour_ops_2x2");
  const auto image = flat(shared.at("inputs").at("image"));
  const std::vector<std::pair<std::string, std::function<void(float*)>>> ops{
      {"brightness_1.2", [](float* x) { image_brightness_ref(x, 4, 1.2); }},
      {"contrast_0.7", [](float* x) { image_contrast_ref(x, 4, 0.7); }},
      {"saturation_0.5", [](float* x) { image_saturation_ref(x, 4, 0.5); }},
      {"hue_+0.1", [](float* x) { image_hue_ref(x, 4, 0.1); }},
      {"greyscale_3ch", [](float* x) { image_greyscale_ref(x, 4); }},
      {"solarize_0.5", [](float* x) { image_solarize_ref(x, 4, 0.5); }},
  };
  for (const auto& [name, op] : ops) {
    auto pixels = image;
    op(pixels.data());
    const auto expected = flat(shared.at("expected_value").at(name));
    // The vectors have six digits. The pixel of 0.5, 0.5, 0.5 may be on either side of the threshold by rounding.
    for (size_t i = 0; i < pixels.size(); ++i) EXPECT_NEAR(pixels[i], expected[i], 2e-6) << name << " " << i;
  }
}

TEST(ImageColourRef, HueTurnsPrimariesIntoEachOther) {
  std::vector<float> red{1, 0, 0};
  image_hue_ref(red.data(), 1, 1.0 / 3);
  EXPECT_NEAR(red[0], 0, 1e-6);
  EXPECT_NEAR(red[1], 1, 1e-6);
  EXPECT_NEAR(red[2], 0, 1e-6);
  image_hue_ref(red.data(), 1, -2.0 / 3);
  EXPECT_NEAR(red[2], 1, 1e-6);
}

}  // namespace
}  // namespace kindred
