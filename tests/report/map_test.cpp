// SPDX-License-Identifier: Apache-2.0
// Proves: points, class names and sources reach the script in order; what it needs without labels, names or pictures;
// samples outside the data are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/report/page.h"

namespace kindred::report {
namespace {

using test::full_report;
using test::markup;
using test::page_data;
using testing::HasSubstr;

TEST(Map, PointsReachTheScript) {
  const auto map = page_data(report_html(full_report()))["map"];
  EXPECT_EQ(map["points"], nlohmann::json::parse("[[0.5,-1,0],[1.25,2,1],[-3,0.125,0]]"));
  EXPECT_EQ(map["names"], nlohmann::json::parse(R"({"0":"cat","1":"dog"})"));
  EXPECT_EQ(map["sources"], nlohmann::json::parse(R"(["four.idx[0]","four.idx[1]","four.idx[2]"])"));
}

TEST(Map, IsDescribedInWords) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_THAT(page, HasSubstr("t-SNE of three samples"));
  EXPECT_THAT(page, HasSubstr("aria-label=\"Map of 3 embeddings in two dimensions, coloured by class, 2 classes.\""));
}

TEST(Map, WithoutDataOrLabels) {
  ReportData data = full_report();
  data.queries = nullptr;
  data.map[0].label = kNoLabel;
  data.map[1].label = 5;
  const auto map = page_data(report_html(data))["map"];
  EXPECT_EQ(map["names"], nlohmann::json::parse(R"({"0":"class 0","5":"class 5"})"));
  EXPECT_TRUE(map["sources"].empty());
}

TEST(Map, RefusesSamplesOutsideTheData) {
  ReportData data = full_report();
  data.map[1].sample = 4;
  EXPECT_THROW(report_html(data), InvalidArgument);
}

}  // namespace
}  // namespace kindred::report
