// SPDX-License-Identifier: Apache-2.0
// Proves: options -> TOML / JSON -> options keeps every bit; each refusal is one line with key, value, what is allowed
// and where it was written; flags mean what they look like.
#include "kindred/core/config.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct LossOptions {
  double temperature = 0.5;
  bool symmetric = true;
};
void visit_fields(FieldList& v, LossOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("symmetric", o.symmetric, "both directions");
}

struct Options {
  int64_t steps = 100;
  double rate = 1e-3;
  std::string name = "simclr";
  std::string method = "a";
  std::vector<double> scale = {0.2, 1};
  std::vector<int64_t> sizes = {3, 4};
  std::vector<std::string> words = {"x"};
  LossOptions loss;
};
void visit_fields(FieldList& v, Options& o) {
  v("steps", o.steps, "number of steps", at_least(1));
  v("rate", o.rate, "any rate");
  v("name", o.name, "a free text");
  v("method", o.method, "a chosen text", {"a", "b"});
  v("scale", o.scale, "numbers", between(-1e300, 1e300));
  v("sizes", o.sizes, "whole numbers", at_least(-5));
  v("words", o.words, "texts");
  v.group("loss", o.loss);
}

std::string refusal(const Config& config) {
  Options options;
  try {
    config.apply(fields_of(options));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}
std::string toml_refusal(const std::string& text) { return refusal(Config::from_toml(text, "run.toml")); }
std::string flag_refusal(const std::string& assignment) {
  Config config;
  config.set_assignment(assignment, "--set");
  return refusal(config);
}
Options flag_options(const std::string& assignment) {
  Config config;
  config.set_assignment(assignment, "--set");
  Options options;
  config.apply(fields_of(options));
  return options;
}

template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Values that a careless writer loses: the ends of the double range, signs of zero, numbers that look whole, texts that
// need escapes, empty lists.
std::vector<Options> hard_options() {
  using Limits = std::numeric_limits<double>;
  std::vector<Options> all(1);
  for (const double rate :
       {0.1, 1.0 / 3, -0.0, 0.0, 1e22, 1e23, 123456789.0, -2.5e-7, Limits::max(), Limits::lowest(), Limits::min(),
        Limits::denorm_min(), Limits::epsilon(), Limits::infinity(), -Limits::infinity(), std::nextafter(1.0, 2.0)}) {
    all.emplace_back().rate = rate;
    if (std::isfinite(rate) && std::abs(rate) < 1e300) all.back().scale = {rate, -rate, 1, rate * 3};
  }
  for (const int64_t steps :
       {int64_t{1}, int64_t{1} << 53, (int64_t{1} << 53) + 1, std::numeric_limits<int64_t>::max()})
    all.emplace_back().steps = steps;
  const std::string control("nul\0 bell\a", 10);
  for (const auto& text :
       {std::string(), std::string("\"quoted\" \\ back"), std::string("two\nlines\r\n\ttab"), control,
        std::string("\x7f"), std::string("zürich 北京 🦜"), std::string("# no comment"), std::string("a,b"),
        std::string("true"), std::string("7"), std::string("[1]")}) {
    all.emplace_back().name = text;
    all.back().words = {text, "", text};
  }
  all.emplace_back().sizes = {};
  all.back().scale = {};
  all.back().words = {};
  all.emplace_back().sizes = {-5, 0, std::numeric_limits<int64_t>::max()};
  all.back().loss = {.temperature = 1e-30, .symmetric = false};
  return all;
}

TEST(Config, TomlRoundTripKeepsEveryBit) {
  for (auto& options : hard_options()) {
    for (const bool comments : {false, true}) {
      const std::string text = toml_text(fields_of(options), comments);
      Options read;
      Config::from_toml(text, "t").apply(fields_of(read));
      EXPECT_TRUE(same_values(fields_of(options), fields_of(read))) << text;
      EXPECT_EQ(toml_text(fields_of(read), comments), text);
    }
  }
}

TEST(Config, JsonRoundTripKeepsEveryBit) {
  for (auto& options : hard_options()) {
    Options read;
    Config::from_json(fields_json(fields_of(options)), "j").apply(fields_of(read));
    EXPECT_TRUE(same_values(fields_of(options), fields_of(read)));
    if (std::isinf(options.rate)) continue;  // JSON text has no infinities
    Options parsed;
    Config::from_json(Json::parse(fields_json(fields_of(options)).dump()), "j").apply(fields_of(parsed));
    EXPECT_TRUE(same_values(fields_of(options), fields_of(parsed))) << fields_json(fields_of(options)).dump();
  }
}

TEST(Config, TomlTextIsReadable) {
  Options options;
  EXPECT_EQ(toml_text(fields_of(options)),
            "# number of steps\nsteps = 100\n# any rate\nrate = 0.001\n# a free text\nname = \"simclr\"\n"
            "# a chosen text\nmethod = \"a\"\n# numbers\nscale = [0.2, 1.0]\n# whole numbers\nsizes = [3, 4]\n"
            "# texts\nwords = [\"x\"]\n\n[loss]\n# softmax temperature\ntemperature = 0.5\n# both directions\n"
            "symmetric = true\n");
}

// A group that comes before a plain key, and a group within a group: TOML cannot go back to the root.
TEST(Config, SectionsInAnyOrder) {
  int64_t deep = 1, plain = 2, shallow = 3;
  FieldList list;
  list("a.b.deep", deep, "");
  list("plain", plain, "");
  list("a.shallow", shallow, "");
  const auto fields = list.take();
  const std::string text = toml_text(fields, true);
  EXPECT_EQ(text, "plain = 2\n\n[a.b]\ndeep = 1\n\n[a]\nshallow = 3\n");
  deep = plain = shallow = 0;
  Config::from_toml(text, "t").apply(fields);
  EXPECT_EQ(deep, 1);
  EXPECT_EQ(plain, 2);
  EXPECT_EQ(shallow, 3);
}

TEST(Config, JsonNestedAndDotted) {
  for (const char* text : {R"({"loss": {"temperature": 2}})", R"({"loss.temperature": 2})"}) {
    Options options;
    Config::from_json(Json::parse(text), "j").apply(fields_of(options));
    EXPECT_EQ(options.loss.temperature, 2);
  }
  EXPECT_EQ(message_of([] { Config::from_json(Json::parse("[1]"), "opts.json"); }),
            "opts.json: expected a JSON object of options, got [1]");
  EXPECT_THAT(message_of([] { Config::from_json(Json::parse(R"({"rate": null})"), "opts.json"); }),
              HasSubstr("opts.json: expected rate to be a number, text, true, false or a list"));
}

// 2^64 - 1 must not wrap to -1.
TEST(Config, JsonUnsignedBeyondInt64) {
  EXPECT_EQ(refusal(Config::from_json(Json::parse(R"({"steps": 18446744073709551615})"), "j")),
            "j: expected steps to be whole number, got 18446744073709551616.0");
  EXPECT_EQ(refusal(Config::from_json(Json::parse(R"({"steps": 9223372036854775807})"), "j")), "accepted");
}

TEST(Config, UnknownKeySuggests) {
  EXPECT_EQ(toml_refusal("steps = 3\n\n[loss]\ntemprature = 0.1\n"),
            "run.toml:4: expected an option one of steps, rate, name, method, scale, sizes, words, loss.temperature, "
            "loss.symmetric (did you mean loss.temperature?), got \"loss.temprature\"");
  // The last part alone is near enough.
  EXPECT_THAT(toml_refusal("temperature = 0.1"), HasSubstr("(did you mean loss.temperature?)"));
  EXPECT_THAT(toml_refusal("zzzzzzzz = 0.1"), AllOf(HasSubstr("run.toml:1: "), Not(HasSubstr("did you mean"))));
}

TEST(Config, WrongTypeNamesKeyValueFileAndLine) {
  EXPECT_EQ(toml_refusal("\nsteps = 1.5"), "run.toml:2: expected steps to be whole number, got 1.5");
  EXPECT_EQ(toml_refusal("steps = true"), "run.toml:1: expected steps to be whole number, got true");
  EXPECT_EQ(toml_refusal("rate = \"fast\""), "run.toml:1: expected rate to be number, got \"fast\"");
  EXPECT_EQ(toml_refusal("rate = [1.0]"), "run.toml:1: expected rate to be number, got [1.0]");
  EXPECT_EQ(toml_refusal("name = 7"), "run.toml:1: expected name to be text, got 7");
  EXPECT_EQ(toml_refusal("sizes = [1, \"two\"]"),
            "run.toml:1: expected sizes to be list of whole numbers, got [1, \"two\"]");
  EXPECT_EQ(toml_refusal("[loss]\nsymmetric = 1"), "run.toml:2: expected loss.symmetric to be true or false, got 1");
  EXPECT_EQ(toml_refusal("steps = inf"), "run.toml:1: expected steps to be whole number, got inf");
  EXPECT_EQ(message_of([] { Config::from_toml("name = 2024-01-01", "run.toml"); }),
            "run.toml:1: expected name to be a number, text, true, false or a list");
}

TEST(Config, OutOfRangeNamesKeyValueRangeFileAndLine) {
  EXPECT_EQ(toml_refusal("steps = 3\n[loss]\n\ntemperature = 0"), "run.toml:4: expected loss.temperature > 0, got 0");
  EXPECT_EQ(toml_refusal("[loss]\ntemperature = nan"), "run.toml:2: expected loss.temperature > 0, got nan");
  EXPECT_EQ(toml_refusal("steps = 0"), "run.toml:1: expected steps >= 1, got 0");
  EXPECT_EQ(toml_refusal("sizes = [1, -6]"), "run.toml:1: expected sizes >= -5, got [1, -6]");
  EXPECT_EQ(toml_refusal("method = \"c\""), "run.toml:1: expected method one of a, b, got \"c\"");
}

// The value of a refused setting may hold anything; the message stays one line.
TEST(Config, MessagesAreOneLine) {
  EXPECT_EQ(toml_refusal("method = \"two\\nlines\""), "run.toml:1: expected method one of a, b, got \"two\\nlines\"");
}

TEST(Config, NothingIsWrittenByARefusedField) {
  Options options;
  EXPECT_THROW(Config::from_toml("sizes = [1, -6]", "t").apply(fields_of(options)), InvalidArgument);
  EXPECT_THAT(options.sizes, ElementsAre(3, 4));
  EXPECT_THROW(Config::from_toml("steps = 0", "t").apply(fields_of(options)), InvalidArgument);
  EXPECT_EQ(options.steps, 100);
}

TEST(Config, NotToml) {
  const auto message = message_of([] { Config::from_toml("steps = 3\nrate = = 4\n", "run.toml"); });
  EXPECT_THAT(message, testing::StartsWith("run.toml:2: not TOML: "));
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_THAT(message_of([] { Config::from_toml("a = 1\na = 2\n", "run.toml"); }), HasSubstr("run.toml:2: not TOML"));
  EXPECT_THAT(message_of([] { Config::from_toml("xs = [[1], [2]]\n", "run.toml"); }),
              testing::StartsWith("run.toml:1: expected the list xs to hold"));
  EXPECT_THAT(message_of([] { Config::from_toml("name = \"\xff\"\n", "run.toml"); }),
              HasSubstr("run.toml:1: not TOML"));
}

TEST(Config, TomlFile) {
  const test::TempFolder folder;
  write_file(folder / "run.toml", "rate = 2\n\n[loss]\ntemperature = -1\n");
  EXPECT_EQ(refusal(Config::from_toml_file(folder / "run.toml")),
            (folder / "run.toml").string() + ":4: expected loss.temperature > 0, got -1");
  EXPECT_THROW(Config::from_toml_file(folder / "absent.toml"), IoError);
}

TEST(Config, AssignmentsMeanWhatTheyLookLike) {
  EXPECT_EQ(flag_options("loss.temperature=0.1").loss.temperature, 0.1);
  EXPECT_EQ(flag_options("rate=3").rate, 3);
  EXPECT_EQ(flag_options("steps=1e5").steps, 100000);
  EXPECT_EQ(flag_options("loss.symmetric=false").loss.symmetric, false);
  EXPECT_EQ(flag_options("name=moco").name, "moco");
  EXPECT_EQ(flag_options("name=\"moco\"").name, "moco");
  EXPECT_EQ(flag_options("name=a=b").name, "a=b");
  EXPECT_EQ(flag_options("name=").name, "");
  EXPECT_EQ(flag_options("name=images:/data/a b#c").name, "images:/data/a b#c");
  EXPECT_EQ(flag_options("name=two\nsteps = 5").name, "two\nsteps = 5");
}

// Text fields take words that TOML would read as something else.
TEST(Config, TextThatLooksLikeSomethingElse) {
  for (const char* word : {"7", "1e5", "0x10", "true", "nan", "[x]", "[1]", "2024-01-01", "{a = 1}", "5 # five", "007"})
    EXPECT_EQ(flag_options(std::string("name=") + word).name, word);
  Config config;
  config.set("name", "7", "--name");
  EXPECT_EQ(config.text_or("name", "other"), "7");
  EXPECT_EQ(config.text_or("absent", "other"), "other");
  EXPECT_EQ(message_of([] { (void)Config::from_toml("name = 7", "run.toml").text_or("name", "other"); }),
            "run.toml:1: expected name to be text, got 7");
}

TEST(Config, Lists) {
  EXPECT_THAT(flag_options("scale=[0.5, 2]").scale, ElementsAre(0.5, 2.0));
  EXPECT_THAT(flag_options("scale=0.5,2").scale, ElementsAre(0.5, 2.0));
  EXPECT_THAT(flag_options("scale=0.5").scale, ElementsAre(0.5));
  EXPECT_THAT(flag_options("scale=[]").scale, ElementsAre());
  EXPECT_THAT(flag_options("sizes=1,2,3").sizes, ElementsAre(1, 2, 3));
  EXPECT_THAT(flag_options("words=a,b").words, ElementsAre("a", "b"));
  EXPECT_THAT(flag_options("words=1,true").words, ElementsAre("1", "true"));
  EXPECT_THAT(flag_options("words=7").words, ElementsAre("7"));
  EXPECT_THAT(flag_options("words=\"a,b\"").words, ElementsAre("a,b"));
  EXPECT_THAT(flag_options("words=[\"a,b\", \"c\"]").words, ElementsAre("a,b", "c"));
  Options options;
  Config::from_toml("words = \"a,b\"\nscale = 2\n", "t").apply(fields_of(options));
  EXPECT_THAT(options.words, ElementsAre("a,b"));
  EXPECT_THAT(options.scale, ElementsAre(2.0));
  EXPECT_EQ(flag_refusal("sizes=1,two"), "--set: expected sizes to be list of whole numbers, got \"1,two\"");
}

TEST(Config, AssignmentsRefused) {
  Config config;
  EXPECT_EQ(message_of([&] { config.set_assignment("steps", "--set"); }), "--set: expected NAME=VALUE, got steps");
  EXPECT_EQ(message_of([&] { config.set_assignment("=3", "--set"); }), "--set: expected NAME=VALUE, got =3");
  EXPECT_EQ(flag_refusal("steps=ten"), "--set: expected steps to be whole number, got \"ten\"");
  EXPECT_EQ(flag_refusal("steps="), "--set: expected steps to be whole number, got \"\"");
  EXPECT_EQ(flag_refusal("steps=99999999999999999999"),
            "--set: expected steps to be whole number, got \"99999999999999999999\"");
  EXPECT_THAT(flag_refusal("stepz=1"), HasSubstr("(did you mean steps?), got \"stepz\""));
  EXPECT_THAT(flag_refusal("name=\xff\xfe"), HasSubstr("--set: expected name to be valid UTF-8"));
}

TEST(Config, SplitByTheFieldsOfACommand) {
  const Config all = Config::from_toml("steps = 5\n[head]\nlayers = 2\n", "run.toml");
  Options options;
  const auto [own, others] = all.split(fields_of(options));
  EXPECT_EQ(own.settings().size(), 1u);
  EXPECT_TRUE(own.has("steps"));
  EXPECT_EQ(others.settings().size(), 1u);
  EXPECT_EQ(others.settings().at("head.layers").origin, "run.toml:3");
}

TEST(Config, LaterWins) {
  Config file = Config::from_toml("steps = 5\nrate = 1\n", "run.toml"), flags;
  flags.set("steps", "7", "--steps");
  file.merge(flags);
  Options options;
  file.apply(fields_of(options));
  EXPECT_EQ(options.steps, 7);
  EXPECT_EQ(options.rate, 1);
  EXPECT_EQ(file.settings().at("steps").origin, "--steps");
  EXPECT_TRUE(file.has("rate"));
  EXPECT_FALSE(file.has("name"));
}

}  // namespace
}  // namespace kindred
