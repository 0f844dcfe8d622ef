// SPDX-License-Identifier: Apache-2.0
// Proves: one valid page whatever is missing; every section there; nothing loaded from elsewhere; nothing in the data
// can become markup or script; the same bytes each time; written whole or not at all.
// Out of scope: how it looks.
#include "kindred/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/report/assets.h"
#include "tests/report/page.h"
#include "tests/support/temp_folder.h"

namespace kindred::report {
namespace {

using test::count;
using test::full_report;
using test::markup;
using test::nesting_fault;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Report, SectionsInOrder) {
  const std::string page = markup(report_html(full_report()));
  size_t last = 0;
  for (const std::string id : {"verdict", "results", "curves", "neighbours", "map", "facts", "warnings", "reproduce"}) {
    const size_t at = page.find(" id=\"" + id + "\"");
    ASSERT_NE(at, std::string::npos) << id;
    EXPECT_GT(at, last) << id;
    last = at;
  }
  EXPECT_THAT(page, HasSubstr("<title>SimCLR on four pictures · Kindred</title>"));
  EXPECT_THAT(page, HasSubstr("<dt>encoder</dt><dd>convnet, 390 parameters</dd>"));
  EXPECT_THAT(page, HasSubstr("<li>The loss stays at ln(2B - 1).</li>"));
  EXPECT_THAT(page, HasSubstr("<code>kindred train --data four\nkindred eval --model run\n</code>"));
  EXPECT_THAT(page, HasSubstr("<code>[run]\nseed = 7\n</code>"));
}

TEST(Report, TagsNest) {
  EXPECT_EQ(nesting_fault(markup(report_html(full_report()))), "");
  EXPECT_EQ(nesting_fault("<p><b></p></b>"), "</p> closes <b>");  // the checker itself can fail
}

TEST(Report, IdsAreUnique) {
  auto ids = test::attributes(markup(report_html(full_report())), "id");
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(Report, EmptyDataGiveAValidPage) {
  const std::string html = report_html({});
  EXPECT_EQ(nesting_fault(markup(html)), "");
  for (const char* text : {"cannot say whether training helped", "No evaluation was run", "No curves were recorded",
                           "No neighbours were looked up", "No map was made", "No command was recorded"})
    EXPECT_THAT(markup(html), HasSubstr(text));
  EXPECT_THAT(html, Not(HasSubstr(std::string(chart_js().substr(0, 200)))));  // no chart, no chart library
}

TEST(Report, LoadsNothing) {
  const std::string html = report_html(full_report()), page = markup(html);
  for (const auto& source : test::attributes(page, "src")) EXPECT_THAT(source, StartsWith("data:"));
  for (const auto& target : test::attributes(page, "href")) EXPECT_THAT(target, StartsWith("#"));
  EXPECT_THAT(page, Not(AnyOf(HasSubstr("<link"), HasSubstr("<iframe"), HasSubstr("http-equiv=\"refresh\""))));
  EXPECT_THAT(std::string(page_css()), Not(AnyOf(HasSubstr("url("), HasSubstr("@import"))));
  EXPECT_THAT(std::string(page_js()), Not(AnyOf(HasSubstr("http"), HasSubstr("fetch("))));
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; img-src data:;"));  // and the browser is told so
}

// Every piece of text, hostile.
TEST(Report, NothingInTheDataBecomesMarkup) {
  const std::string evil = "\"'></p></td></script></style><script>alert(1)</script><!--&{{title}}";
  ReportData data = full_report();
  data.title = data.map_caption = data.config_toml = evil;
  data.commands = data.columns = data.protocols = data.warnings = {evil, evil};
  data.facts = {{evil, evil}};
  for (auto& curve : data.curves) curve.name = curve.unit = evil;
  for (auto& row : data.rows) row.name = evil;
  for (auto& difference : data.differences) difference.baseline = difference.column = evil;
  const std::string html = report_html(data), plain = report_html(full_report());
  EXPECT_EQ(nesting_fault(markup(html)), "");
  EXPECT_EQ(count(html, "<script"), count(plain, "<script"));
  EXPECT_EQ(count(html, "</script"), count(plain, "</script"));
  EXPECT_EQ(count(html, "<!--"), count(plain, "<!--"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_EQ(test::page_data(html)["curves"][0]["title"], evil);
}

TEST(Report, TextThatIsNotUtf8DoesNotThrow) {
  ReportData data = full_report();
  data.curves[0].name = "bad \xff byte";
  EXPECT_EQ(test::page_data(report_html(data))["curves"][0]["title"], "bad \ufffd byte");
}

TEST(Report, SameBytesEachTime) { EXPECT_EQ(report_html(full_report()), report_html(full_report())); }

TEST(Report, AssetsAreWhole) {
  EXPECT_THAT(std::string(page_html()), StartsWith("<!DOCTYPE html>"));
  EXPECT_TRUE(page_html().ends_with("</html>\n"));
  EXPECT_GT(chart_js().size(), 100000u);
  // The library is inlined into a <script>: it must not hold its end.
  EXPECT_EQ(count(chart_js(), "</script"), 0);
  EXPECT_EQ(count(page_js(), "</script"), 0);
  EXPECT_EQ(count(page_css(), "</style"), 0);
}

TEST(Report, WritesTheFile) {
  test::TempFolder folder;
  write_report(folder / "report.html", full_report());
  EXPECT_EQ(read_file(folder / "report.html"), report_html(full_report()));
  EXPECT_THROW(write_report(folder / "absent" / "report.html", full_report()), IoError);
}

}  // namespace
}  // namespace kindred::report
