// SPDX-License-Identifier: Apache-2.0
// Proves: the form of messages, that every error is an Error, and that sizes multiply without overflow.
#include "kindred/core/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <type_traits>

namespace kindred {
namespace {

static_assert(std::is_base_of_v<std::runtime_error, Error>);
static_assert(std::is_base_of_v<Error, InvalidArgument> && std::is_base_of_v<Error, IoError> &&
              std::is_base_of_v<Error, Corruption> && std::is_base_of_v<Error, NonFinite>);

struct Counted {
  int* printed;
};
std::ostream& operator<<(std::ostream& out, const Counted& counted) {
  ++*counted.printed;
  return out << "value";
}

TEST(Check, ThrowsTheStreamedParts) {
  try {
    check(false, "nt_xent: expected temperature > 0, got ", -0.25, " at row ", 3);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "nt_xent: expected temperature > 0, got -0.25 at row 3");
  }
}

TEST(Check, BuildsNoMessageWhereAllIsWell) {
  int printed = 0;
  check(true, Counted{&printed});
  EXPECT_EQ(printed, 0);
  EXPECT_THROW(check(false, Counted{&printed}), InvalidArgument);
  EXPECT_EQ(printed, 1);
}

TEST(Concat, PrintsTenDigits) {
  EXPECT_EQ(concat(1.0 / 3, ' ', int64_t{1} << 40, " x"), "0.3333333333 1099511627776 x");
}

TEST(Errors, NameThePlace) {
  EXPECT_STREQ(IoError("/a/b", "cannot open").what(), "/a/b: cannot open");
  EXPECT_STREQ(Corruption("/a/b", 16, "expected 4 bytes, got 2").what(), "/a/b: offset 16: expected 4 bytes, got 2");
  EXPECT_STREQ(Corruption("/a/b", 0, "bad magic").what(), "/a/b: offset 0: bad magic");
  EXPECT_STREQ(Corruption("/a/b", -1, "not an image").what(), "/a/b: not an image");
}

TEST(Errors, ErrnoText) { EXPECT_EQ(errno_text(ENOSPC), "No space left on device"); }

TEST(CheckedProduct, RefusesWhatDoesNotFit) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(checked_product(0, kMax, "f", 0), 0);
  EXPECT_EQ(checked_product(3037000499, 3037000499, "f", 0), 9223372030926249001);
  EXPECT_EQ(checked_product(kMax, 1, "f", 0), kMax);
  EXPECT_THROW(checked_product(3037000500, 3037000500, "f", 0), Corruption);
  EXPECT_THROW(checked_product(kMax, 2, "f", 0), Corruption);
  EXPECT_THROW(checked_product(-1, 2, "f", 0), Corruption);
  EXPECT_THROW(checked_product(2, -1, "f", 0), Corruption);
  try {
    checked_product(kMax, 2, "images.idx", 4);
    FAIL();
  } catch (const Corruption& error) {
    EXPECT_STREQ(error.what(),
                 "images.idx: offset 4: expected a size that fits 63 bits, got 9223372036854775807 times 2");
  }
}

}  // namespace
}  // namespace kindred
