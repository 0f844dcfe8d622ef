// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/text_table.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

std::unique_ptr<TextTable> table(const TempFolder& folder, std::string_view text, TableFormat format) {
  put(folder / "t", text);
  return open_table(folder / "t", format);
}

Rows rows(const TextTable& table, const std::vector<size_t>& wanted) {
  Rows out;
  for (int64_t at = table.first_row(); at < table.end();) table.read_row(at, wanted, out.emplace_back());
  return out;
}

TEST(TextTable, CsvAsInRfc4180) {
  TempFolder folder;
  const auto t = table(folder,
                       "\xEF\xBB\xBFname,\"a \"\"b\"\"\",c\r\n"
                       "1,,3\r\n"
                       "\r\n"
                       "\"x, y\",\"two\r\nlines\",\"\"\r\n"
                       "in \"side,\"\"\"\", last",
                       TableFormat::kCsv);
  EXPECT_THAT(t->columns(), ElementsAre("name", "a \"b\"", "c"));
  EXPECT_EQ(rows(*t, {0, 1, 2}), (Rows{{"1", "", "3"}, {"x, y", "two\r\nlines", ""}, {"in \"side", "\"", " last"}}));
  EXPECT_EQ(rows(*t, {2, 0}), (Rows{{"3", "1"}, {"", "x, y"}, {" last", "in \"side"}}));
}

TEST(TextTable, TsvHasNoQuoting) {
  TempFolder folder;
  const auto t = table(folder, "a\tb\n\"x\ty\"\n,\t\n\n", TableFormat::kTsv);
  EXPECT_EQ(rows(*t, {0, 1}), (Rows{{"\"x", "y\""}, {",", ""}}));
}

TEST(TextTable, JsonLines) {
  TempFolder folder;
  const auto t = table(folder,
                       "{\"a\": \"x\\u00e9\\n\", \"b\": 1.50, \"c\": {\"a\": 9, \"d\": [1, {\"b\": 2}]}}\n\n"
                       "{\"b\": true, \"a\": null}\r\n"
                       "{\"b\": -3, \"z\": []}",
                       TableFormat::kJsonl);
  EXPECT_THAT(t->columns(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(rows(*t, {1, 0}), (Rows{{"1.50", "x\xC3\xA9\n"}, {"true", ""}, {"-3", ""}}));
  int64_t at = t->first_row();
  std::vector<std::string> fields;
  EXPECT_THAT(message_of<Corruption>([&] { t->read_row(at, {2}, fields); }),
              HasSubstr("t:1: expected a text or a number as \"c\", got {"));
}

// Plain lines have a reader of their own: what it takes is what the parser makes of the same values, and what it leaves
// to the parser is no less strict.
TEST(TextTable, PlainAndOtherJsonLinesReadTheSame) {
  TempFolder folder;
  for (const char* value : {"\"a b\"", "\"\"", "0", "-7", "12.50", "1e3", "-0.5", "true", "false", "null"}) {
    const std::string plain = std::string("{\"a\":") + value + ",\"b\" : \"x\"}\n";
    const std::string other = std::string("{\"z\":[],\"a\":") + value + ",\"b\":\"x\"}\n";  // nested: for the parser
    const auto t = table(folder, plain + other, TableFormat::kJsonl);
    const Rows both = rows(*t, {0, 1});
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(both[0], both[1]) << value;
    EXPECT_EQ(both[0][1], "x");
  }
  for (const char* bad : {"{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":.5}", "{\"a\":tru}", "{\"a\":1,}", "{,}",
                          "{\"a\":\"\t\"}", "{\"a\" 1}", "{\"a\":1}}", "{\"a\":1", "{\"a\":\"\xFF\"}"}) {
    const auto t = table(folder, std::string("{\"a\":1}\n") + bad, TableFormat::kJsonl);
    EXPECT_THROW(rows(*t, {0}), Corruption) << bad;
  }
}

TEST(TextTable, GzipIsUnpacked) {
  TempFolder folder;
  EXPECT_EQ(rows(*table(folder, gzip("a\n1\n2\n"), TableFormat::kCsv), {0}), (Rows{{"1"}, {"2"}}));
  EXPECT_THROW(table(folder, gzip("a\n1\n2\n").substr(0, 20), TableFormat::kCsv), Corruption);
}

// Errors name the line, and reading goes on behind it.
TEST(TextTable, BadRowsAreErrorsWithTheirLine) {
  TempFolder folder;
  const auto each = [&](std::string_view text, TableFormat format) {
    const auto t = table(folder, text, format);
    std::vector<std::string> out;
    std::vector<std::string> fields;
    for (int64_t at = t->first_row(); at < t->end();) {
      try {
        t->read_row(at, {0}, fields);
        out.push_back(fields[0]);
      } catch (const Corruption& error) {
        out.push_back(std::string(error.what()).substr(folder.path().string().size() + 1));
      }
    }
    return out;
  };
  EXPECT_THAT(each("a,b\n1,2\n3\n\n4,5,6\n7,8\n", TableFormat::kCsv),
              ElementsAre("1", "t:3: expected 2 fields as in the row of column names, got 1",
                          "t:5: expected 2 fields as in the row of column names, got 3", "7"));
  EXPECT_THAT(each("a,b\n\"1\"x,2\n3,4\n\"5,6\n7,8\n", TableFormat::kCsv),
              ElementsAre("t:2: expected a comma or the end of the line after a closing quote, got \"x\"", "3",
                          "t:4: expected a closing quote, got the end of the file", "7"));
  EXPECT_THAT(each("{\"a\":1}\n{\"a\":2\n[1]\n5\n{\"a\":6} 7\n{\"a\":8}\n", TableFormat::kJsonl),
              ElementsAre("1", HasSubstr("t:2: expected a JSON object"), "t:3: expected a JSON object, got an array",
                          "t:4: expected a JSON object, got 5", HasSubstr("t:5: expected a JSON object"), "8"));
}

TEST(TextTable, LinesAreCountedInLongFilesToo) {
  TempFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 40'000; ++i) text += "some words,and more\n";
  const auto t = table(folder, text + "bad\n", TableFormat::kCsv);
  int64_t at = static_cast<int64_t>(text.size());
  std::vector<std::string> fields;
  EXPECT_THAT(message_of<Corruption>([&] { t->read_row(at, {0}, fields); }), HasSubstr("t:40002: "));
}

TEST(TextTable, HeadersThatSayNothingAreErrors) {
  TempFolder folder;
  EXPECT_THAT(message_of<Corruption>([&] { table(folder, "", TableFormat::kCsv); }),
              HasSubstr("t:1: expected a row of column names, got the end of the file"));
  EXPECT_THAT(message_of<Corruption>([&] { table(folder, "\n\n", TableFormat::kJsonl); }),
              HasSubstr("expected JSON objects"));
  EXPECT_THAT(message_of<Corruption>([&] { table(folder, "a,b,a\n", TableFormat::kCsv); }),
              HasSubstr("got \"a\" twice"));
  EXPECT_THAT(message_of<IoError>([&] { open_table(folder / "none", TableFormat::kCsv); }),
              HasSubstr("none: cannot open"));
}

}  // namespace
}  // namespace kindred::test
