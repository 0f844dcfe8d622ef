// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/label_column.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Column {
  std::vector<int64_t> labels;
  DatasetInfo info;
};

Column column(LabelColumn::Kind kind, const std::vector<std::string>& texts) {
  LabelColumn labels(kind);
  for (const auto& text : texts) EXPECT_EQ(labels.add(text), "") << text;
  Column out;
  labels.finish(out.info);
  for (size_t i = 0; i < texts.size(); ++i) out.labels.push_back(labels.at(static_cast<int64_t>(i)));
  return out;
}

TEST(LabelColumn, NumbersStayAsTheyAre) {
  const Column c = column(LabelColumn::Kind::kAuto, {"", "7", "0", "-1", "2147483647"});
  EXPECT_THAT(c.labels, ElementsAre(kNoLabel, 7, 0, kNoLabel, 2147483647));
  EXPECT_TRUE(c.info.labelled);
  EXPECT_THAT(c.info.class_names, IsEmpty());
}

TEST(LabelColumn, NamesAreSortedByBytes) {
  const Column c = column(LabelColumn::Kind::kAuto, {"dog", "Cat", "ant", "", "dog", "10"});
  EXPECT_THAT(c.info.class_names, ElementsAre("10", "Cat", "ant", "dog"));
  EXPECT_THAT(c.labels, ElementsAre(3, 1, 2, kNoLabel, 3, 0));
}

TEST(LabelColumn, NumbersAsNames) {
  const Column c = column(LabelColumn::Kind::kNames, {"10", "9", "10"});
  EXPECT_THAT(c.info.class_names, ElementsAre("10", "9"));
  EXPECT_THAT(c.labels, ElementsAre(0, 1, 0));
}

TEST(LabelColumn, ALabelThatIsNoNumberIsRefusedAndNotAdded) {
  LabelColumn labels(LabelColumn::Kind::kAuto);
  EXPECT_EQ(labels.add("3"), "");
  for (const char* bad : {"1O", "-2", "1.0", "2147483648", " 1", "cat"})
    EXPECT_THAT(labels.add(bad), HasSubstr("expected a label that is a whole number from -1 to 2147483647, got \"" +
                                           std::string(bad) + "\""));
  EXPECT_EQ(labels.add("4"), "");
  DatasetInfo info;
  labels.finish(info);
  EXPECT_EQ(labels.at(1), 4);
  LabelColumn numbers(LabelColumn::Kind::kNumbers);
  EXPECT_NE(numbers.add("cat"), "");
}

TEST(LabelColumn, NoLabelAtAllIsUnlabelled) {
  const Column c = column(LabelColumn::Kind::kAuto, {"", ""});
  EXPECT_FALSE(c.info.labelled);
  EXPECT_THAT(c.labels, ElementsAre(kNoLabel, kNoLabel));
}

}  // namespace
}  // namespace kindred::test
