// SPDX-License-Identifier: Apache-2.0
// Proves: the presets hold the published strengths and pass their own ranges; unknown names are refused with the list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

TEST(ImageViewPresets, AllAreNamedAndInRange) {
  EXPECT_EQ(image_view_presets(), (std::vector<std::string>{"moco", "none", "simclr", "simclr_small", "weak"}));
  for (const auto& name : image_view_presets()) {
    ImageViewOptions options = image_view_preset(name);
    EXPECT_NO_THROW(check_fields(fields_of(options), name));
    EXPECT_EQ(options.count, 2);
  }
}

TEST(ImageViewPresets, PublishedStrengths) {
  const auto simclr = image_view_preset("simclr"), small = image_view_preset("simclr_small"), moco = image_view_preset("moco"),
             weak = image_view_preset("weak");
  EXPECT_EQ(simclr.crop_scale_min, 0.08);
  EXPECT_EQ(simclr.brightness, 0.8);
  EXPECT_EQ(simclr.hue, 0.2);
  EXPECT_EQ(simclr.blur, 0.5);
  EXPECT_EQ(small.brightness, 0.4);
  EXPECT_EQ(small.hue, 0.1);
  EXPECT_EQ(small.blur, 0);
  EXPECT_EQ(small.jitter, 0.8);
  EXPECT_EQ(moco.crop_scale_min, 0.2);
  EXPECT_EQ(moco.saturation, 0.4);
  EXPECT_EQ(moco.hue, 0.1);
  EXPECT_EQ(moco.blur, 0.5);
  EXPECT_EQ(weak.crop_scale_min, 0.2);
  EXPECT_EQ(weak.flip, 0.5);
  EXPECT_EQ(weak.jitter, 0);
  EXPECT_EQ(weak.blur, 0);
}

TEST(ImageViewPresets, UnknownNameListsTheKnown) {
  EXPECT_THAT([] { image_view_preset("simclrr"); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("moco, none, simclr, simclr_small, weak, got simclrr")));
}

TEST(ImageViewOptions, EveryOptionIsAField) {
  ImageViewOptions options;
  EXPECT_EQ(fields_of(options).size(), 20u);
  EXPECT_EQ(sizeof(ImageViewOptions), 20 * 8u);
}

}  // namespace
}  // namespace kindred
