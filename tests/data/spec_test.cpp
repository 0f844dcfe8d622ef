// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/spec.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Spec, NamedSets) {
  EXPECT_EQ(parse_spec("fashion-mnist").kind, "fashion-mnist");
  EXPECT_EQ(parse_spec("fashion-mnist").split, "");
  const DataSpec spec = parse_spec("fashion-mnist/test?range=-10:&folder=/a/b");
  EXPECT_EQ(spec.kind, "fashion-mnist");
  EXPECT_EQ(spec.split, "test");
  EXPECT_EQ(spec.path, "");
  EXPECT_THAT(spec.keys, ElementsAre(Pair("folder", "/a/b"), Pair("range", "-10:")));
}

TEST(Spec, KindAndPath) {
  const DataSpec spec = parse_spec("images:/photos/my cats: all?on_error=skip");
  EXPECT_EQ(spec.kind, "images");
  EXPECT_EQ(spec.path, "/photos/my cats: all");
  EXPECT_THAT(spec.keys, ElementsAre(Pair("on_error", "skip")));
  EXPECT_EQ(parse_spec("npy:a=b.npy").path, "a=b.npy");
}

TEST(Spec, BarePathsOfAKnownKind) {
  const std::string path = golden_path("data/f4.npy").string();
  const DataSpec spec = parse_spec(path + "?range=0:2");
  EXPECT_EQ(spec.kind, "npy");
  EXPECT_EQ(spec.path, path);
  EXPECT_THAT(spec.keys, ElementsAre(Pair("range", "0:2")));
}

TEST(Spec, AnExistingPathWithAQuestionMarkIsTakenWhole) {
  TempFolder folder;
  put(folder / "what?x=1.npy", slurp(golden_path("data/f4.npy")));
  const DataSpec spec = parse_spec((folder / "what?x=1.npy").string());
  EXPECT_EQ(spec.kind, "npy");
  EXPECT_TRUE(spec.keys.empty());
}

TEST(Spec, MixKeepsItsPartsAsTheyAre) {
  const DataSpec spec = parse_spec("mix:images:/a?labels=none *2 + npy:b.npy?range=1:2");
  EXPECT_EQ(spec.kind, "mix");
  EXPECT_EQ(spec.path, "images:/a?labels=none *2 + npy:b.npy?range=1:2");
  EXPECT_TRUE(spec.keys.empty());
}

TEST(Spec, UnknownKindsNameTheNearest) {
  const auto message = [](const char* text) { return message_of<InvalidArgument>([&] { parse_spec(text); }); };
  EXPECT_THAT(message("fashon-mnist/test"), HasSubstr("did you mean fashion-mnist?"));
  EXPECT_THAT(message("image:/photos"), HasSubstr("did you mean images?"));
  EXPECT_THAT(message("imagenet"), HasSubstr("expected a kind of data one of"));
  EXPECT_THAT(message("fashion-mnist/valid"), HasSubstr("expected split train or test, got \"valid\""));
  EXPECT_THAT(message("fashion-mnist:/data"), HasSubstr("?folder=DIR"));
  EXPECT_THAT(message("images"), HasSubstr("images: expected a path as in images:PATH"));
  EXPECT_THAT(message("images:"), HasSubstr("images: expected a path as in images:PATH"));
  EXPECT_THAT(message(""), HasSubstr("expected a SPEC"));
}

TEST(Spec, BadKeys) {
  const auto message = [](const char* text) { return message_of<InvalidArgument>([&] { parse_spec(text); }); };
  EXPECT_THAT(message("fashion-mnist?range"), HasSubstr("expected key=value after '?', got \"range\""));
  EXPECT_THAT(message("fashion-mnist?=1"), HasSubstr("expected key=value"));
  EXPECT_THAT(message("fashion-mnist?range=1:2&range=2:3"), HasSubstr("expected each key once, got range twice"));
  EXPECT_THAT(message("fashion-mnist?a=1&&b=2"), HasSubstr("expected key=value after '?', got \"\""));
}

TEST(Spec, PathsThatAreMissingOrOfNoKind) {
  TempFolder folder;
  put(folder / "notes.txt", "no data at all");
  EXPECT_THAT(message_of<IoError>([&] { parse_spec((folder / "none").string()); }),
              HasSubstr("none: no such file or folder"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { parse_spec((folder / "notes.txt").string()); }),
              HasSubstr("expected a folder of pictures"));
  EXPECT_THAT(message_of<IoError>([&] { parse_spec(std::string(5000, 'x') + "/y"); }),
              HasSubstr("no such file or folder"));
}

}  // namespace
}  // namespace kindred::test
