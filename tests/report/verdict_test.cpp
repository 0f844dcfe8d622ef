// SPDX-License-Identifier: Apache-2.0
// Proves: the page says yes only where every baseline was compared on every column and every interval lies above zero,
// and otherwise names what stands in the way.
#include "kindred/report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/report/page.h"

namespace kindred::report {
namespace {

using test::full_report;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Verdict, YesWhenEveryIntervalIsAboveZero) {
  const Verdict found = verdict(full_report());
  EXPECT_EQ(found.outcome, Outcome::kYes);
  EXPECT_EQ(found.sentence, "The trained encoder beats pixels and random convnet on every column: kNN and linear.");
  EXPECT_THAT(found.details, IsEmpty());
}

TEST(Verdict, OneUnclearDifferenceMakesItNo) {
  ReportData data = full_report();
  data.differences[1] = {"pixels", "linear", 0.002, -0.004, 0.008};
  const Verdict found = verdict(data);
  EXPECT_EQ(found.outcome, Outcome::kNo);
  EXPECT_THAT(found.details, ElementsAre("linear against pixels: no clear difference (+0.2 points, 95 % interval "
                                         "\u22120.4 to +0.8)."));
}

TEST(Verdict, IntervalThatTouchesZeroIsUnclear) {
  ReportData data = full_report();
  data.differences[0].low = 0;
  EXPECT_EQ(verdict(data).outcome, Outcome::kNo);
}

TEST(Verdict, WorseIsCalledWorse) {
  ReportData data = full_report();
  data.differences[2] = {"random convnet", "kNN", -0.02, -0.03, -0.01};
  EXPECT_THAT(verdict(data).details, ElementsAre(HasSubstr("kNN against random convnet: worse")));
}

TEST(Verdict, ValuesThatAreNotFiniteAreUnclear) {
  ReportData data = full_report();
  data.differences[0].low = data.differences[0].high = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(verdict(data).outcome, Outcome::kNo);
}

TEST(Verdict, MissingComparisonIsNoYes) {
  ReportData data = full_report();
  data.differences.pop_back();
  const Verdict found = verdict(data);
  EXPECT_EQ(found.outcome, Outcome::kUnknown);
  EXPECT_THAT(found.details, ElementsAre("linear against random convnet: not compared."));
}

TEST(Verdict, BaselineRowWithoutAnyDifferenceIsNoYes) {
  ReportData data = full_report();
  data.differences.resize(2);  // those against pixels
  EXPECT_EQ(verdict(data).outcome, Outcome::kUnknown);
  EXPECT_EQ(verdict(data).details.size(), 2u);
}

TEST(Verdict, NothingComparedSaysSo) {
  ReportData data = full_report();
  data.differences.clear();
  EXPECT_EQ(verdict(data).outcome, Outcome::kUnknown);
  EXPECT_THAT(verdict(data).sentence, HasSubstr("was not compared"));
}

}  // namespace
}  // namespace kindred::report
