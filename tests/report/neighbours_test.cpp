// SPDX-License-Identifier: Apache-2.0
// Proves: each query and neighbour has its picture, its words and its mark; data without pictures or labels work;
// indices outside the data are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"
#include "tests/report/page.h"

namespace kindred::report {
namespace {

using test::count;
using test::full_report;
using test::markup;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Neighbours, PicturesAreTheSamples) {
  const auto sources = test::attributes(markup(report_html(full_report())), "src");
  const std::string prefix = "data:image/png;base64,";
  std::vector<int> grey;
  for (const auto& source : sources) {
    ASSERT_EQ(source.substr(0, prefix.size()), prefix);
    Image image;
    decode_image(test::base64_bytes(std::string_view(source).substr(prefix.size())), "page", image);
    EXPECT_EQ(image.height, 2);
    EXPECT_EQ(image.width, 3);
    grey.push_back(image.pixels[0]);
  }
  EXPECT_THAT(grey, ElementsAre(0, 20, 10, 10, 30));  // sample i is filled with 10 i
}

TEST(Neighbours, WordsAndMarks) {
  const std::string page = markup(report_html(full_report()));
  EXPECT_THAT(test::attributes(page, "alt"),
              ElementsAre("Query: cat", "Neighbour 1: cat", "Neighbour 2: dog", "Query: dog", "Neighbour 1: dog"));
  EXPECT_THAT(page, HasSubstr("<span class=\"similarity\">0.93</span>"));
  EXPECT_EQ(count(page, "aria-label=\"same class as the query\""), 2);
  EXPECT_EQ(count(page, "aria-label=\"another class than the query\""), 1);
  EXPECT_THAT(page, HasSubstr("2 of 3 share the query&apos;s class"));
  EXPECT_EQ(count(page, "class=\"pixelated\""), 5);
}

TEST(Neighbours, MissingOnesAreLeftOut) {
  ReportData data = full_report();
  data.neighbours = {{0, {2, -1, -1}, {0.9, 0, 0}}};
  EXPECT_EQ(test::attributes(markup(report_html(data)), "alt").size(), 2u);
}

TEST(Neighbours, WithoutPictures) {
  ReportData data = full_report();
  data.queries = data.corpus = nullptr;
  const std::string page = markup(report_html(data));
  EXPECT_THAT(page, HasSubstr("sample 2"));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("share the query")));
}

TEST(Neighbours, RefusesIndicesOutsideTheData) {
  ReportData data = full_report();
  data.neighbours[0].neighbours[0] = 4;
  EXPECT_THROW(report_html(data), InvalidArgument);
  data = full_report();
  data.neighbours[0].query = -1;
  EXPECT_THROW(report_html(data), InvalidArgument);
}

}  // namespace
}  // namespace kindred::report
