// SPDX-License-Identifier: Apache-2.0
// Proves: ranges at their ends, names of nested fields, the text of values, refusals, comparison bit for bit.
#include "kindred/core/fields.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/recipe.h"

namespace kindred {
namespace {

using testing::ElementsAre;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Inner {
  double x = 0.25;
};
void visit_fields(FieldList& v, Inner& o) { v("x", o.x, "inner x", between(0, 1)); }

struct Outer {
  bool flag = true;
  int64_t count = 2;
  std::string word = "one";
  std::vector<double> numbers = {1, 2.5};
  Inner a = {}, b = {};
};
void visit_fields(FieldList& v, Outer& o) {
  v("flag", o.flag, "a flag");
  v("count", o.count, "a count", at_least(1));
  v.group("a", o.a);
  v("word", o.word, "a word", {"one", "two"});
  v("numbers", o.numbers, "numbers", above(0));
  v.group("b", o.b);
}

std::vector<std::string> names_of(std::span<const Field> fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.name);
  return names;
}

std::string fields_refusal(Outer outer) {
  try {
    check_fields(fields_of(outer), "make_outer");
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Range, Ends) {
  EXPECT_FALSE(above(0).contains(0));
  EXPECT_TRUE(above(0).contains(std::numeric_limits<double>::denorm_min()));
  EXPECT_TRUE(at_least(1).contains(1));
  EXPECT_FALSE(at_least(1).contains(std::nextafter(1.0, 0.0)));
  EXPECT_TRUE(between(0, 1).contains(0) && between(0, 1).contains(1));
  EXPECT_FALSE(between(0, 1).contains(std::nextafter(1.0, 2.0)));
  EXPECT_TRUE(from_below(0, 1).contains(0));
  EXPECT_FALSE(from_below(0, 1).contains(1));
  EXPECT_TRUE(Range{}.contains(-kInf) && Range{}.contains(kInf) && at_least(0).contains(kInf));
  for (const Range range : {Range{}, above(0), between(0, 1)}) EXPECT_FALSE(range.contains(kNan));
}

TEST(Range, Text) {
  EXPECT_EQ(above(0).text(), "> 0");
  EXPECT_EQ(at_least(1).text(), ">= 1");
  EXPECT_EQ(between(-0.5, 1).text(), "in [-0.5, 1]");
  EXPECT_EQ(from_below(0, 1).text(), "in [0, 1)");
  EXPECT_EQ((Range{.low = 0, .high = 1, .low_open = true, .high_open = true}).text(), "in (0, 1)");
  EXPECT_EQ((Range{.high = 3}).text(), "<= 3");
  EXPECT_EQ((Range{.high = 3, .high_open = true}).text(), "< 3");
  EXPECT_EQ(Range{}.text(), "any number");
}

TEST(Fields, NamesInOrderWithPrefixes) {
  Outer outer;
  EXPECT_THAT(names_of(fields_of(outer)), ElementsAre("flag", "count", "a.x", "word", "numbers", "b.x"));
}

TEST(Fields, PointIntoTheObject) {
  Outer outer;
  const auto fields = fields_of(outer);
  *std::get<double*>(find_field(fields, "b.x")->value) = 0.75;
  EXPECT_EQ(outer.b.x, 0.75);
  EXPECT_EQ(outer.a.x, 0.25);
  EXPECT_EQ(find_field(fields, "x"), nullptr);
  EXPECT_EQ(find_field(fields, "a."), nullptr);
}

TEST(Fields, AppendTakesFieldsMadeElsewhere) {
  Inner one, two;
  FieldList list;
  list.append("deep", fields_of(one));
  list.append("", fields_of(two));
  EXPECT_THAT(names_of(list.take()), ElementsAre("deep.x", "x"));
}

TEST(ValueText, IsToml) {
  bool yes = true;
  int64_t low = std::numeric_limits<int64_t>::min();
  std::string text = "a\"b\\c\n\t\x01\x7f";
  std::vector<std::string> texts{"a", ""};
  std::vector<int64_t> none;
  EXPECT_EQ(value_text(&yes), "true");
  EXPECT_EQ(value_text(&low), "-9223372036854775808");
  EXPECT_EQ(value_text(&text), R"("a\"b\\c\n\t\u0001\u007f")");
  EXPECT_EQ(value_text(&texts), R"(["a", ""])");
  EXPECT_EQ(value_text(&none), "[]");
  const std::vector<std::pair<double, const char*>> doubles{
      {0.1, "0.1"},    {1, "1.0"},         {-0.0, "-0.0"},
      {1e22, "1e+22"}, {5e-324, "5e-324"}, {kInf, "inf"},
      {-kInf, "-inf"}, {kNan, "nan"},      {0.1 + 0.2, "0.30000000000000004"}};
  for (auto [value, expected] : doubles) EXPECT_EQ(value_text(&value), expected);
}

TEST(TypeText, OnePerType) {
  Outer outer;
  std::vector<std::string> types;
  for (const auto& field : fields_of(outer)) types.push_back(type_text(field.value));
  EXPECT_THAT(types, ElementsAre("true or false", "whole number", "number", "text", "list of numbers", "number"));
}

TEST(CheckFields, NamesTheFirstBadOne) {
  EXPECT_EQ(fields_refusal({}), "accepted");
  EXPECT_EQ(fields_refusal({.count = 0}), "make_outer: expected count >= 1, got 0");
  EXPECT_EQ(fields_refusal({.b = {.x = 1.5}}), "make_outer: expected b.x in [0, 1], got 1.5");
  EXPECT_EQ(fields_refusal({.b = {.x = kNan}}), "make_outer: expected b.x in [0, 1], got nan");
  EXPECT_EQ(fields_refusal({.word = "six"}), "make_outer: expected word one of one, two, got \"six\"");
  EXPECT_EQ(fields_refusal({.numbers = {1, -2}}), "make_outer: expected numbers > 0, got -2");
  EXPECT_EQ(fields_refusal({.numbers = {}}), "accepted");
}

TEST(SameValues, BitForBit) {
  Outer a, b;
  EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
  a.a.x = 0.0, b.a.x = -0.0;
  EXPECT_FALSE(same_values(fields_of(a), fields_of(b)));
  a.a.x = b.a.x = kNan;
  EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
  b.numbers.push_back(1);
  EXPECT_FALSE(same_values(fields_of(a), fields_of(b)));
  Inner inner;
  EXPECT_FALSE(same_values(fields_of(a), fields_of(inner)));
}

double scaled(const Inner& options, double factor) { return options.x * factor; }

TEST(Recipe, MakesFromChangedOptions) {
  const auto recipe = make_recipe<Inner, double, double>(scaled);
  EXPECT_EQ(recipe->make(4), 1);
  *std::get<double*>(recipe->fields().at(0).value) = 0.5;
  EXPECT_EQ(recipe->make(4), 2);
}

}  // namespace
}  // namespace kindred
