// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/data/idx.h"
#include "kindred/data/png_encode.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Mix : public testing::Test {
 protected:
  Mix() {
    put(folder / "x", idx_file(kIdxUbyte, {3, 1, 1}, "abc"));
    put(folder / "y", idx_file(kIdxUbyte, {2, 1, 1}, "de"));
    put(folder / "y.labels", idx_file(kIdxUbyte, {2}, std::string("\1\0", 2)));
    put(folder / "big", idx_file(kIdxUbyte, {1, 2, 2}, "wxyz"));
  }
  std::string at(const char* name) { return "idx:" + (folder / name).string(); }
  TempFolder folder;
};

TEST_F(Mix, PartsByWeightWithIdsApart) {
  const auto set =
      open_dataset("mix:" + at("x") + "?range=1: *2 + " + at("y") + "?labels=" + (folder / "y.labels").string());
  ASSERT_EQ(set->size(), 2 * 2 + 2);
  std::string pixels;
  std::vector<uint32_t> copies;
  std::vector<int64_t> labels;
  Sample sample;  // one for all, as the loader has it
  for (int64_t i = 0; i < set->size(); ++i) {
    set->get(i, sample);
    pixels += static_cast<char>(sample.image.pixels.at(0));
    copies.push_back(sample.copy);
    labels.push_back(sample.label);
    EXPECT_EQ(sample.id, set->id(i));
    EXPECT_EQ(sample.label, set->label(i));
  }
  EXPECT_EQ(pixels, "bcbcde");
  EXPECT_THAT(copies, ElementsAre(0, 0, 1, 1, 0, 0));
  EXPECT_THAT(labels, ElementsAre(-1, -1, -1, -1, 1, 0));
  EXPECT_THAT(ids_of(*open_dataset("mix:" + at("x"))), ElementsAre(0, 1, 2));
  const auto ids = ids_of(*set);
  EXPECT_EQ(ids[0], 1u);
  EXPECT_EQ(ids[2], 1u);  // the same thing once more
  EXPECT_NE(ids[4], 0u);  // position 0 of another source
  EXPECT_NE(ids[5], ids[0]);
  EXPECT_TRUE(set->info().labelled);
  EXPECT_EQ(set->info().height, 1);
  EXPECT_THAT(set->source(5), HasSubstr("y[1]"));
}

TEST_F(Mix, SizesThatDifferAreUnknown) {
  const auto set = open_dataset("mix:" + at("x") + " + " + at("big"));
  EXPECT_EQ(set->info().height, 0);
  EXPECT_EQ(set->info().channels, 1);
  EXPECT_EQ(sample_at(*set, 3).image.width, 2);
}

TEST_F(Mix, GroupsOfPartsStayApartAndOnesWithoutHaveNone) {
  put(folder / "clips/a/1.png", encode_png(ramp(1, 1, 1)));
  put(folder / "others/a/1.png", encode_png(ramp(1, 1, 1)));
  const auto set = open_dataset("mix:frames:" + (folder / "clips").string() +
                                "?labels=none + frames:" + (folder / "others").string() + "?labels=none + " + at("x"));
  EXPECT_NE(set->group(0), set->group(1));
  EXPECT_GE(set->group(1), 0);
  Sample sample;
  set->get(1, sample);
  EXPECT_EQ(sample.group, set->group(1));
  EXPECT_EQ(sample.time, 0);
  set->get(2, sample);
  EXPECT_EQ(sample.group, kNoGroup);
  EXPECT_NE(sample.time, sample.time);
}

TEST_F(Mix, PartsThatDoNotFitAreRefused) {
  const auto message = [](const std::string& spec) { return message_of<InvalidArgument>([&] { open_dataset(spec); }); };
  EXPECT_THAT(message("mix:" + at("x") + " + " + golden_path("data/f4.npy").string()),
              HasSubstr("expected all pictures or all vectors"));
  EXPECT_THAT(message("mix:" + at("x") + " *0"),
              HasSubstr("expected a weight from 1 to 1000000 as in SPEC *3, got \"*0\""));
  EXPECT_THAT(message("mix:" + at("x") + " + "), HasSubstr("expected SPEC *N + SPEC"));
  EXPECT_THAT(message("mix:" + at("x") + " + nosuch:y"), HasSubstr("expected a kind of data"));
  put(folder / "one/cat/1.png", encode_png(ramp(1, 1, 1)));
  put(folder / "two/dog/1.png", encode_png(ramp(1, 1, 1)));
  const std::string one = "images:" + (folder / "one").string(), two = "images:" + (folder / "two").string();
  EXPECT_THAT(message("mix:" + one + " + " + two), HasSubstr("expected the classes of the first part"));
  EXPECT_EQ(open_dataset("mix:" + one + " + " + two + "?labels=none")->label(1), kNoLabel);
}

}  // namespace
}  // namespace kindred::test
