// SPDX-License-Identifier: Apache-2.0
// Proves: the presets hold the published strengths and pass their own ranges; unknown names are refused with the list.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

TEST(ImageViewPresets, AllAreNamedAndInRange) {
  EXPECT_EQ(image_view_presets(),
            (std::vector<std::string>{"byol", "byol_small", "dino", "dino_small", "moco", "moco_small", "moco_v1",
                                      "none", "simclr", "simclr_small", "swav", "swav_small", "weak"}));
  for (const auto& name : image_view_presets()) {
    ImageViewOptions options = image_view_preset(name);
    EXPECT_NO_THROW(check_fields(fields_of(options), name));
    EXPECT_EQ(options.count, 2);
  }
}

TEST(ImageViewPresets, PublishedStrengths) {
  const auto simclr = image_view_preset("simclr"), small = image_view_preset("simclr_small"),
             moco = image_view_preset("moco"), weak = image_view_preset("weak");
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

TEST(ImageViewPresets, PublishedStrengthsOfTheTwoViewedAndMultiCropOnes) {
  const auto byol = image_view_preset("byol"), v1 = image_view_preset("moco_v1"), swav = image_view_preset("swav"),
             dino = image_view_preset("dino");
  EXPECT_EQ(byol.saturation, 0.2);
  EXPECT_EQ(byol.blur, 1);
  EXPECT_EQ(byol.second_blur, 0.1);
  EXPECT_EQ(byol.solarize, 0);
  EXPECT_EQ(byol.second_solarize, 0.2);
  EXPECT_EQ(v1.hue, 0.4);
  EXPECT_EQ(v1.jitter, 1);
  EXPECT_EQ(v1.blur, 0);
  EXPECT_EQ(swav.crop_scale_min, 0.14);
  EXPECT_EQ(swav.local_count, 6);
  EXPECT_EQ(swav.local_scale_min, 0.05);
  EXPECT_EQ(swav.local_scale_max, 0.14);
  EXPECT_EQ(dino.crop_scale_min, 0.4);
  EXPECT_EQ(dino.local_count, 8);
  EXPECT_EQ(dino.local_scale_max, 0.4);
  EXPECT_EQ(dino.local_blur, 0.5);
}

TEST(ImageViewPresets, SmallOnesDoNotBlur) {
  for (const auto& name : image_view_presets()) {
    if (!name.ends_with("_small")) continue;
    const auto options = image_view_preset(name);
    EXPECT_EQ(options.blur, 0) << name;
    EXPECT_LE(options.second_blur, 0) << name;
    EXPECT_LE(options.local_blur, 0) << name;
  }
}

TEST(ImageViewPresets, UnknownNameListsTheKnown) {
  EXPECT_THAT([] { image_view_preset("simclrr"); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(
                                                        "simclr, simclr_small, swav, swav_small, weak, got simclrr")));
}

TEST(ImageViewOptions, EveryOptionIsAField) {
  ImageViewOptions options;
  EXPECT_EQ(fields_of(options).size(), 28u);
  EXPECT_EQ(sizeof(ImageViewOptions), 28 * 8u);
}

}  // namespace
}  // namespace kindred
