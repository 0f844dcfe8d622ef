// SPDX-License-Identifier: Apache-2.0
// Proves: uses no more labels than it says; the mean and the per-sample values belong together; l2 is chosen inside the
// draw; one shot, short classes; threads.
#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

using test::blobs;
using testing::Contains;
using testing::HasSubstr;

TEST(Fewshot, MeanOverDrawsAndSamples) {
  const auto train = blobs(400, 12, 8, 1.5, 1), rows = blobs(160, 12, 8, 1.5, 2);
  const auto result = fewshot(train, rows, {.shots = 5, .draws = 4});
  EXPECT_EQ(result.protocol, "fewshot");
  ASSERT_EQ(result.figures.size(), 2u);
  EXPECT_NEAR(result.correct.to(at::kDouble).mean().item<double>(), result.figures[0].value, 1e-6);
  for (const float v : test::floats(result.correct)) EXPECT_EQ(v * 4, std::round(v * 4));  // four draws: quarters
  EXPECT_LT(result.figures[0].interval.low, result.figures[0].value);
  EXPECT_GT(result.figures[0].interval.high, result.figures[0].value);
  EXPECT_GT(result.figures[1].value, result.figures[0].value);
}

TEST(Fewshot, MoreShotsHelpAndFewerLabelsCost) {
  const auto train = blobs(2000, 20, 5, 2.5, 3), rows = blobs(500, 20, 5, 2.5, 4);
  const double one = fewshot(train, rows, {.shots = 1}).figures[0].value;
  const double ten = fewshot(train, rows, {.shots = 10}).figures[0].value;
  const double all = linear(train, rows).figures[0].value;
  EXPECT_LT(one, ten);
  EXPECT_LT(ten, all);
}

TEST(Fewshot, WithAllRowsItIsTheLinearProbe) {
  const auto train = blobs(60, 6, 3, 2.0, 5), rows = blobs(300, 6, 3, 2.0, 6);
  const auto few = fewshot(train, rows, {.shots = 20, .draws = 2, .l2 = {1e-2}});
  const auto full = linear(train, rows, {.l2 = {1e-2}});
  EXPECT_TRUE(at::equal(few.correct, full.correct.to(at::kFloat)));
}

TEST(Fewshot, RowsOutsideTheDrawDoNotMatter) {
  // 2 shots of 2 classes in 2 draws: of each class at most 4 rows are ever seen (without standardisation).
  const auto train = blobs(100, 6, 2, 1.0, 7), rows = blobs(50, 6, 2, 1.0, 8);
  const FewshotOptions options{.shots = 2, .draws = 2, .l2 = {1e-2}, .standardise = false};
  const auto base = fewshot(train, rows, options);
  int64_t changed = 0;
  for (int64_t i = 0; i < 100; i += 2) {  // class 0
    auto moved = train;
    moved.rows = train.rows.clone();
    moved.rows[i].mul_(-30);
    changed += !at::equal(fewshot(moved, rows, options).correct, base.correct);
  }
  EXPECT_GE(changed, 1);
  EXPECT_LE(changed, 4);
}

TEST(Fewshot, OneShotAndShortClasses) {
  auto train = blobs(30, 5, 3, 0.3, 9);
  const auto rows = blobs(60, 5, 3, 0.3, 10);
  const auto one = fewshot(train, rows, {.shots = 1, .draws = 3});
  EXPECT_GT(one.figures[0].value, 0.45);  // chance is a third; one row a class says little about where its blob lies
  EXPECT_THAT(one.settings, Contains(std::pair<std::string, std::string>("l2", "0.01")));
  train.labels.fill_(0);
  train.labels.narrow(0, 0, 2).fill_(1);
  train.class_names = {"shirt", "bag"};
  EXPECT_THAT(fewshot(train, rows, {.shots = 5, .draws = 1}).warnings,
              Contains(HasSubstr("class bag has 2 training rows")));
}

TEST(Fewshot, BadInput) {
  auto train = blobs(30, 5, 3, 0.3, 9);
  EXPECT_THROW(fewshot(train, train, {.shots = 0}), InvalidArgument);
  EXPECT_THROW(fewshot(train, train, {.draws = 0}), InvalidArgument);
  train.labels.fill_(1);
  EXPECT_THROW(fewshot(train, train, {}), InvalidArgument);
}

TEST(Fewshot, ThreadsAndRepetitionDoNotMatter) {
  const auto train = blobs(300, 10, 6, 2.0, 11), rows = blobs(120, 10, 6, 2.0, 12);
  const auto one = test::with_threads(1, [&] { return fewshot(train, rows, {.draws = 3}); });
  const auto two = test::with_threads(2, [&] { return fewshot(train, rows, {.draws = 3}); });
  EXPECT_TRUE(at::equal(one.correct, two.correct));
  EXPECT_EQ(one.settings, two.settings);
  EXPECT_EQ(one.figures[0].interval.high, two.figures[0].interval.high);
  const auto other = fewshot(train, rows, {.draws = 3, .seed = 5});
  EXPECT_FALSE(at::equal(one.correct, other.correct));
}

}  // namespace
}  // namespace kindred
