// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <limits>

#include "kindred/data/npy.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string golden(const std::string& name) { return golden_path("data/" + name + ".npy").string(); }

TEST(NpyDataset, VectorsOfEveryFloatTypeAndOrder) {
  for (const char* name : {"f4", "f8_fortran", "f4_big", "f2"}) {
    const auto set = open_dataset(golden(name));
    EXPECT_EQ(set->info().modality, Modality::kVector);
    EXPECT_EQ(set->info().features, 3);
    EXPECT_FALSE(set->info().labelled);
    ASSERT_EQ(set->size(), 5);
    EXPECT_THAT(sample_at(*set, 4).vector, ElementsAre(40.0f, 40.5f, 41.0f)) << name;
    EXPECT_EQ(sample_at(*set, 4).id, 4u);
    EXPECT_EQ(sample_at(*set, 4).label, kNoLabel);
  }
}

TEST(NpyDataset, ImagesInEitherOrder) {
  for (const char* name : {"u1_nhwc", "u1_nhwc_fortran"}) {
    const auto set = open_dataset(golden(name));
    EXPECT_EQ(set->info().modality, Modality::kImage);
    ASSERT_EQ(set->size(), 2);
    EXPECT_EQ(sample_at(*set, 1).image.pixels, ramp(3, 4, 3, 36 * 7).pixels) << name;
  }
  const auto grey = open_dataset(golden("u1_nhw"));
  EXPECT_EQ(grey->info().channels, 1);
  const auto pixels = sample_at(*grey, 0).image.pixels;
  EXPECT_THAT(std::vector<int>(pixels.begin(), pixels.begin() + 3), ElementsAre(0, 21, 42));
}

TEST(NpyDataset, LabelsByKey) {
  const auto set = open_dataset("npy:" + golden("f4") + "?labels=" + golden("labels_i8"));
  EXPECT_TRUE(set->info().labelled);
  EXPECT_EQ(set->label(4), 120);
  EXPECT_EQ(sample_at(*set, 4).label, 120);
  EXPECT_THAT(
      message_of<Corruption>([] { open_dataset("npy:" + golden("u1_nhw") + "?labels=" + golden("labels_i8")); }),
      HasSubstr("expected 2 labels, as many as samples, got 5"));
}

TEST(NpyDataset, NanAndInfinityNameRowAndColumn) {
  TempFolder folder;
  const auto message = [&](float bad, size_t at) {
    std::vector<float> values(12, 1.0f);
    values[at] = bad;
    write_npy(folder / "x.npy", values, {4, 3});
    return message_of<Corruption>([&] { open_dataset((folder / "x.npy").string()); });
  };
  EXPECT_THAT(message(std::numeric_limits<float>::quiet_NaN(), 7), HasSubstr("got nan in row 2, column 1"));
  EXPECT_THAT(message(-std::numeric_limits<float>::infinity(), 11), HasSubstr("got -inf in row 3, column 2"));
  EXPECT_THAT(message(1.0f, 0), HasSubstr("no exception"));
}

TEST(NpyDataset, ADoubleTooBigForFloatIsNamedToo) {
  TempFolder folder;
  std::string bytes = slurp(golden("f8_fortran"));
  const double big = 1e300;
  bytes.replace(bytes.size() - 8, 8, reinterpret_cast<const char*>(&big), 8);
  put(folder / "x.npy", bytes);
  EXPECT_THAT(message_of<Corruption>([&] { open_dataset((folder / "x.npy").string()); }),
              HasSubstr("got 1e+300 in row 4, column 2"));
}

TEST(NpyDataset, OtherShapesAndTypesAreRefused) {
  EXPECT_THAT(message_of<InvalidArgument>([] { open_dataset(golden("labels_i8")); }),
              HasSubstr("got i8 of 1 dimensions"));
  TempFolder folder;
  write_npy(folder / "x.npy", std::vector<float>(8), {2, 2, 2});
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset((folder / "x.npy").string()); }),
              HasSubstr("got f4 of 3 dimensions"));
  write_npy(folder / "x.npy", std::vector<float>{}, {0, 3});
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset((folder / "x.npy").string()); }),
              HasSubstr("at least one sample"));
}

}  // namespace
}  // namespace kindred::test
