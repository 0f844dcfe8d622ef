// SPDX-License-Identifier: Apache-2.0
// Proves: the tables show every value with its interval, mark the best, leave out what was not measured, and refuse
// cells and protocols that belong to no column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "kindred/core/error.h"
#include "tests/report/page.h"

namespace kindred::report {
namespace {

using test::count;
using test::full_report;
using test::markup;
using testing::HasSubstr;
using testing::Not;

TEST(Results, ValuesWithIntervals) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_THAT(page, HasSubstr("<span class=\"value\">84.2\u00a0%</span> <span class=\"interval\">83.5 to 84.9</span>"));
  EXPECT_THAT(page, HasSubstr("<b class=\"best\">best</b> <span class=\"value\">87.5\u00a0%</span>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"value\">+2.9</span> <span class=\"interval\">+2.2 to +3.6</span>"));
  EXPECT_EQ(count(page, "trained is better"), 4);
  EXPECT_THAT(page, HasSubstr("<dt>linear</dt><dd>L-BFGS</dd>"));
}

TEST(Results, BestIsMarkedOncePerColumn) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_EQ(count(page, "<b class=\"best\">best</b> <span"), 2);
}

TEST(Results, OneRowHasNoBest) {
  ReportData data = full_report();
  data.rows.erase(data.rows.begin(), data.rows.begin() + 2);
  data.differences.clear();
  EXPECT_THAT(markup(report_html(data)), Not(HasSubstr("class=\"best\"")));
}

TEST(Results, WhatWasNotMeasuredIsSaid) {
  ReportData data = full_report();
  data.rows[0].cells.pop_back();
  data.rows[1].cells[0].value = std::numeric_limits<double>::quiet_NaN();
  data.differences.erase(data.differences.begin());
  const std::string page = markup(report_html(data));
  EXPECT_EQ(count(page, "not measured"), 2);
  EXPECT_EQ(count(page, "not compared</span>"), 1);
}

// Column kNN spans 0 to 4.9 points and 6 % air on both sides: zero stands at 6 / 112 of the bar.
TEST(Results, BarsShareOneScalePerColumn) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_THAT(page, HasSubstr("--low:18.11%;--high:43.62%;--zero:5.36%"));  // +0.7 to +2.1
  EXPECT_THAT(page, HasSubstr("--low:69.13%;--high:94.64%;--zero:5.36%"));  // +3.5 to +4.9
}

TEST(Results, RefusesCellsWithoutAColumn) {
  ReportData data = full_report();
  data.rows[2].cells.push_back({});
  EXPECT_THROW(report_html(data), InvalidArgument);
  data = full_report();
  data.protocols.push_back("a third");
  EXPECT_THROW(report_html(data), InvalidArgument);
}

}  // namespace
}  // namespace kindred::report
