// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/sample_id.h"

#include <gtest/gtest.h>

#include "kindred/data/sample.h"

namespace kindred::test {
namespace {

// FNV-1a of "cat/b.png", then the splitmix64 finaliser; computed apart with Python's integers.
TEST(SampleId, IsTheHashThatOldRunsHave) { EXPECT_EQ(text_id("cat/b.png"), 1051170995088278386u); }

TEST(SampleId, GroupsAreNeverNegative) {
  EXPECT_EQ(text_group("cat/b.png"), static_cast<int64_t>(1051170995088278386u >> 1));
  for (const char* name : {"", "a", "b", "c", "d", "e"}) EXPECT_GE(text_group(name), 0);
}

}  // namespace
}  // namespace kindred::test
