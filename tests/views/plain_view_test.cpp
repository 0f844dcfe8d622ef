// SPDX-License-Identifier: Apache-2.0
// Proves: the plain view is prepare(), whatever the seed, epoch and view.
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/views/samples.h"

namespace kindred {
namespace {

TEST(PlainView, IsPrepare) {
  const Preprocess p{.channels = 3, .height = 12, .width = 10, .mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.4}};
  const Sample sample = test::made_up(30, 20, 3, 4);
  std::vector<float> expected(3 * 12 * 10);
  PreprocessScratch scratch;
  prepare(sample, p, expected.data(), scratch);
  const auto view = plain_view(p);
  EXPECT_EQ(view->count(), 1);
  EXPECT_EQ(view->shape(0), (std::vector<int64_t>{3, 12, 10}));
  EXPECT_EQ(test::view_of(*view, sample), expected);
  EXPECT_EQ(test::view_of(*view, sample, {.seed = 9, .epoch = 9}), expected);
}

TEST(PlainView, RefusesAContradiction) {
  EXPECT_THROW(plain_view({.channels = 2}), InvalidArgument);
  EXPECT_THROW(plain_view({.channels = 3, .mean = {0.5}}), InvalidArgument);
  EXPECT_THROW(plain_view({.channels = 1, .std = {0.0}}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
