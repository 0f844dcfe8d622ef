// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/data/memory_images.h"
#include "kindred/data/png_encode.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

DatasetPtr five() {
  MemoryImages images;
  images.info = {.name = "five", .channels = 1, .height = 1, .width = 1, .class_names = {}};
  images.pixels = {10, 11, 12, 13, 14};
  images.labels = {0, 1, 2, 3, 4};
  images.parts = {{.file = "five", .first = 0}};
  return memory_dataset(images);
}

TEST(Subset, SamplesInTheOrderAskedForWithTheirOwnIds) {
  const auto set = subset(five(), {4, 0, 4});
  EXPECT_EQ(set->size(), 3);
  EXPECT_THAT(ids_of(*set), ElementsAre(4, 0, 4));
  EXPECT_EQ(sample_at(*set, 0).image.pixels[0], 14);
  EXPECT_EQ(set->label(1), 0);
  EXPECT_EQ(set->source(2), "five[4]");
  EXPECT_EQ(set->info().name, "five");
  EXPECT_THAT(ids_of(*subset(set, {1})), ElementsAre(0));  // of a subset
}

TEST(Subset, GroupsAndTimesAreThoseOfTheBase) {
  TempFolder folder;
  for (const char* name : {"a/1.png", "a/2.png", "b/1.png"}) put(folder / name, encode_png(ramp(1, 1, 1)));
  const auto base = open_dataset("frames:" + folder.path().string());
  const auto set = subset(base, {2, 1});
  EXPECT_EQ(set->group(0), base->group(2));
  EXPECT_EQ(set->time(1), 1);
}

TEST(Subset, PositionsOutsideAreRefused) {
  EXPECT_THAT(message_of<InvalidArgument>([] {
                subset(five(), {0, 5});
              }),
              HasSubstr("expected positions in [0, 5), got 5"));
  EXPECT_THROW(subset(five(), {-1}), InvalidArgument);
  EXPECT_EQ(subset(five(), {})->size(), 0);
}

}  // namespace
}  // namespace kindred::test
