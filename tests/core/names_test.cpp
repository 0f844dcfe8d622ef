// SPDX-License-Identifier: Apache-2.0
// Proves: suggestions are the nearest names in order, far names are not suggested, long lists are cut.
#include "kindred/core/names.h"

#include <gmock/gmock.h>

namespace kindred {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::vector<std::string> kMethods{"barlow_twins", "byol", "moco", "simclr", "simsiam"};

TEST(NearestNames, ByEditDistance) {
  EXPECT_THAT(nearest_names("simclr", kMethods), ElementsAre("simclr"));  // distance 0; simsiam is 4 away
  EXPECT_THAT(nearest_names("simcrl", kMethods), ElementsAre("simclr"));  // a swap is two edits
  EXPECT_THAT(nearest_names("barlowtwins", kMethods), ElementsAre("barlow_twins"));
  EXPECT_THAT(nearest_names("bol", kMethods), ElementsAre("byol"));
  EXPECT_THAT(nearest_names("xyzzy", kMethods), IsEmpty());
  EXPECT_THAT(nearest_names("", kMethods), IsEmpty());
  EXPECT_THAT(nearest_names("moco", std::vector<std::string>{}), IsEmpty());
}

TEST(NearestNames, NearestFirstAndAtMostThree) {
  const std::vector<std::string> names{"aaaaaaXX", "aaaaaaaX", "aaaaaaaa", "aaaaXXXX", "aaaaaXXX"};
  EXPECT_THAT(nearest_names("aaaaaaaa", names), ElementsAre("aaaaaaaa", "aaaaaaaX", "aaaaaaXX"));
}

TEST(NearestNames, TheLastPartOfADottedNameCounts) {
  const std::vector<std::string> names{"loss.temperature", "rate"};
  EXPECT_THAT(nearest_names("temperature", names), ElementsAre("loss.temperature"));
  EXPECT_THAT(nearest_names("loss.temprature", names), ElementsAre("loss.temperature"));
}

TEST(UnknownName, ListsAFew) {
  EXPECT_EQ(unknown_name("train", "a method", "simclrr", kMethods),
            "train: expected a method one of barlow_twins, byol, moco, simclr, simsiam (did you mean simclr?), "
            "got \"simclrr\"");
  EXPECT_EQ(unknown_name("train", "a method", "xyzzy", kMethods),
            "train: expected a method one of barlow_twins, byol, moco, simclr, simsiam, got \"xyzzy\"");
}

TEST(UnknownName, CutsLongLists) {
  std::vector<std::string> names;
  for (char c = 'a'; c <= 'z'; ++c) names.push_back(std::string("option_") + c);
  const auto near = unknown_name("train", "an option", "option_b_", names);
  EXPECT_THAT(near, HasSubstr("expected an option, perhaps option_b, "));
  EXPECT_THAT(near, Not(HasSubstr("option_z")));
  EXPECT_EQ(unknown_name("train", "an option", "zebra", names), "train: expected an option, got \"zebra\"");
}

}  // namespace
}  // namespace kindred
