// SPDX-License-Identifier: Apache-2.0
// Proves: noise and mask have their sizes, masked features are the mean, views depend on their name only.
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/views/image_views.h"
#include "tests/views/samples.h"

namespace kindred {
namespace {

constexpr int64_t kFeatures = 5000;
const Preprocess kPlain{.modality = "vector", .features = kFeatures};

Sample ramp() {
  Sample sample{.id = 3, .image = {}, .vector = {}};
  for (int64_t f = 0; f < kFeatures; ++f) sample.vector.push_back(static_cast<float>(f) + 1);
  return sample;
}

TEST(VectorViews, NoiseAndMask) {
  const auto out = test::view_of(*vector_views({.noise = 0.3, .mask = 0.2}, kPlain), ramp());
  double sum = 0, square = 0;
  int masked = 0;
  for (int64_t f = 0; f < kFeatures; ++f) {
    const float value = out[static_cast<size_t>(f)];
    if (value == 0) {
      ++masked;
      continue;
    }
    const double noise = value - (static_cast<double>(f) + 1);
    sum += noise, square += noise * noise;
  }
  const double kept = kFeatures - masked;
  EXPECT_NEAR(masked, 1000, 5 * std::sqrt(kFeatures * 0.2 * 0.8));
  EXPECT_NEAR(sum / kept, 0, 5 * 0.3 / std::sqrt(kept));
  EXPECT_NEAR(square / kept, 0.09, 5 * 0.09 * std::sqrt(2 / kept));
}

TEST(VectorViews, NothingChangesWithoutNoiseAndMask) {
  const auto out = test::view_of(*vector_views({.noise = 0, .mask = 0}, kPlain), ramp());
  EXPECT_EQ(out, ramp().vector);
}

TEST(VectorViews, DependOnTheirNameOnly) {
  const auto views = vector_views({}, kPlain);
  EXPECT_EQ(views->count(), 2);
  EXPECT_EQ(views->shape(1), (std::vector<int64_t>{kFeatures}));
  EXPECT_EQ(test::view_of(*views, ramp()), test::view_of(*views, ramp()));
  EXPECT_NE(test::view_of(*views, ramp()), test::view_of(*views, ramp(), {.view = 1}));
  EXPECT_NE(test::view_of(*views, ramp()), test::view_of(*views, ramp(), {.epoch = 1}));
}

TEST(VectorViews, Refusals) {
  EXPECT_THROW(vector_views({.mask = 1.5}, kPlain), InvalidArgument);
  EXPECT_THROW(vector_views({}, Preprocess{}), InvalidArgument);
  Sample sample = ramp();
  sample.vector[7] = std::nanf("");
  EXPECT_THROW(test::view_of(*vector_views({}, kPlain), sample), InvalidArgument);
}

}  // namespace
}  // namespace kindred
