// SPDX-License-Identifier: Apache-2.0
// The bar is redrawn on a terminal only; lines stay everywhere.
#include "kindred/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace kindred::cli {
namespace {

TEST(Progress, PlainLinesOnAPipe) {
  std::ostringstream out, err;
  Io io{out, err};
  {
    Progress progress(io, "train");
    progress.update(1, 10);
    progress.line("hello");
  }
  EXPECT_EQ(err.str(), "hello\n");
  EXPECT_EQ(out.str(), "");
}

TEST(Progress, BarOnATerminal) {
  std::ostringstream out, err;
  Io io{out, err, true};
  {
    Progress progress(io, "train");
    progress.update(5, 10, "loss 1.5");
    progress.line("hello");
  }
  EXPECT_THAT(err.str(), testing::HasSubstr("train [############............] 5/10"));
  EXPECT_THAT(err.str(), testing::HasSubstr("loss 1.5"));
  EXPECT_THAT(err.str(), testing::EndsWith("\r\033[Khello\n"));
}

TEST(Progress, Durations) {
  EXPECT_EQ(duration_text(0), "0:00");
  EXPECT_EQ(duration_text(65), "1:05");
  EXPECT_EQ(duration_text(7390), "2:03:10");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace kindred::cli
