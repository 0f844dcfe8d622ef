// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/brace_range.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(BraceRange, AsAShellExpandsThem) {
  EXPECT_THAT(expand_braces("s-{08..11}.tar"), ElementsAre("s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"));
  EXPECT_THAT(expand_braces("{9..10}"), ElementsAre("9", "10"));
  EXPECT_THAT(expand_braces("{a,b}{1..2}.tar"), ElementsAre("a1.tar", "a2.tar", "b1.tar", "b2.tar"));
  EXPECT_THAT(expand_braces("plain.tar"), ElementsAre("plain.tar"));
  EXPECT_THAT(expand_braces("{3..3}"), ElementsAre("3"));
}

TEST(BraceRange, MistakesAreErrors) {
  const auto message = [](const char* text) { return message_of<InvalidArgument>([&] { expand_braces(text); }); };
  EXPECT_THAT(message("s-{0..9.tar"), HasSubstr("expected a closing }"));
  EXPECT_THAT(message("{9..1}"), HasSubstr("expected a rising range"));
  EXPECT_THAT(message("{a..c}"), HasSubstr("expected whole numbers as in {000..009}, got \"a\""));
  EXPECT_THAT(message("{1..99999999}"), HasSubstr("at most 1000000 names"));
  EXPECT_THAT(message("{1..2000}{1..2000}"), HasSubstr("at most 1000000 names"));
}

}  // namespace
}  // namespace kindred::test
