// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector (scikit-image's values), out of place and in place.
#include "kindred/kernels/image_lab.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(ImageLab, SharedVector) {
  const auto shared = test::golden_case("vectors/augmentation.json", "srgb_to_lab");
  const auto& rgb = shared.at("inputs").at("rgb");
  const auto& expected = shared.at("expected_value").at("lab");
  const size_t n = rgb.size();
  std::vector<float> planes(3 * n);
  for (size_t i = 0; i < n; ++i)
    for (size_t c = 0; c < 3; ++c) planes[c * n + i] = rgb[i][c];
  image_lab(planes.data(), static_cast<int64_t>(n), planes.data());
  for (size_t i = 0; i < n; ++i)
    for (size_t c = 0; c < 3; ++c)
      EXPECT_NEAR(planes[c * n + i], expected[i][c].get<double>(), 2e-5)
          << i << " " << c;  // the vectors have five digits
}

}  // namespace
}  // namespace kindred
