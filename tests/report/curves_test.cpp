// SPDX-License-Identifier: Apache-2.0
// Proves: known curves get a plain title and hint, others keep their name; summaries; points as given, gaps for values
// that are not finite; curves without points are left out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/report/page.h"

namespace kindred::report {
namespace {

using test::full_report;
using test::markup;
using test::page_data;
using testing::HasSubstr;

TEST(Curves, TitlesAndSummaries) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_THAT(page, HasSubstr("<h3>Loss</h3><p>From 6.5 at step 20 to 5.25 at step 40.</p>"));
  EXPECT_THAT(
      page, HasSubstr("<h3>Throughput</h3><p>From 800\u00a0images/s at step 20 to 900\u00a0images/s at step 40.</p>"));
}

TEST(Curves, PointsReachTheScript) {
  const auto data = page_data(report_html(full_report()));
  ASSERT_EQ(data["curves"].size(), 2u);
  EXPECT_EQ(data["curves"][0]["points"], nlohmann::json::parse("[[20,6.5],[40,5.25]]"));
  EXPECT_EQ(data["curves"][1]["unit"], "images/s");
}

TEST(Curves, PrefixedAndUnknownNames) {
  ReportData data = full_report();
  data.curves = {{"monitor knn_top1", "", {{10, 0.5}}}, {"queue_fill", "", {{10, 3}}}};
  const std::string page = markup(report_html(data));
  EXPECT_THAT(page, HasSubstr("<h3>Monitor: kNN accuracy</h3><p>0.5 at step 10.</p>"));
  EXPECT_THAT(page, HasSubstr("<h3>queue_fill</h3>"));
}

TEST(Curves, NotFiniteIsAGap) {
  ReportData data = full_report();
  data.curves[0].points = {{1, 2}, {2, std::numeric_limits<double>::quiet_NaN()}, {3, 4}};
  const auto points = page_data(report_html(data))["curves"][0]["points"];
  EXPECT_EQ(points, nlohmann::json::parse("[[1,2],[2,null],[3,4]]"));
}

TEST(Curves, WithoutPointsLeftOut) {
  ReportData data = full_report();
  data.curves.insert(data.curves.begin(), {"lr", "", {}});
  const std::string html = report_html(data);
  ASSERT_EQ(page_data(html)["curves"].size(), 2u);
  EXPECT_EQ(test::attributes(markup(html), "data-curve"), (std::vector<std::string>{"0", "1"}));
}

}  // namespace
}  // namespace kindred::report
