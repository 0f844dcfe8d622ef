// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/memory_images.h"

#include <gtest/gtest.h>

#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

TEST(MemoryImages, SamplesIdsAndSources) {
  MemoryImages images;
  images.info = {.name = "x", .channels = 3, .height = 2, .width = 2, .class_names = {}};
  images.pixels = ramp(6, 2, 3).pixels;
  images.labels = {5, 6, 7};
  images.parts = {{.file = "a", .first = 0}, {.file = "b", .first = 1}};
  const auto set = memory_dataset(images);
  ASSERT_EQ(set->size(), 3);
  Sample sample;
  sample.vector = {1};  // of another set: must go
  set->get(2, sample);
  EXPECT_EQ(sample.image.pixels, ramp(2, 2, 3, 24 * 7).pixels);
  EXPECT_EQ(sample.label, 7);
  EXPECT_EQ(sample.id, 2u);
  EXPECT_TRUE(sample.vector.empty());
  EXPECT_EQ(set->source(0), "a[0]");
  EXPECT_EQ(set->source(2), "b[1]");
  EXPECT_EQ(set->skipped(), 0);
}

}  // namespace
}  // namespace kindred::test
