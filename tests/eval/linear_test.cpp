// SPDX-License-Identifier: Apache-2.0
// Proves: accuracy near the Bayes rule of two Gaussians; nothing of test enters (its rows and labels may change at will);
// the choice of l2; missing classes, one class, no labels; warnings; threads.
#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

using test::blobs;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string setting(const EvalResult& result, const std::string& name) {
  for (const auto& [key, value] : result.settings)
    if (key == name) return value;
  return "";
}

std::string message(const Embeddings& train, const Embeddings& rows, const LinearOptions& options = {}) {
  try {
    linear(train, rows, options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(Linear, ReachesTheBayesRule) {
  // Two Gaussians of unit variance, distance 2: the best rule is right with probability Phi(1) = 0.8413.
  Embeddings train, rows;
  for (auto* e : {&train, &rows}) {
    const int64_t n = e == &train ? 4000 : 20000;
    e->rows = test::normal_rows(n, 3, e == &train ? 1 : 2);
    e->labels = at::arange(n, at::kLong).remainder(2);
    e->rows.select(1, 1).add_(e->labels.to(at::kFloat) * 2 - 1);
  }
  const auto result = linear(train, rows);
  EXPECT_NEAR(result.figures[0].value, 0.8413, 0.01);  // four standard errors of the test, and of the fit
  EXPECT_LT(result.figures[0].interval.low, result.figures[0].value);
  EXPECT_GT(result.figures[0].interval.high, result.figures[0].value);
  EXPECT_EQ(result.figures.size(), 1u);  // two classes: no top5
  EXPECT_DOUBLE_EQ(result.correct.to(at::kDouble).mean().item<double>(), result.figures[0].value);
  EXPECT_THAT(result.warnings, Not(Contains(HasSubstr("converged"))));
}

TEST(Linear, TestChoosesNothing) {
  const auto train = blobs(300, 20, 7, 3.0, 3);
  auto rows = blobs(200, 20, 7, 3.0, 4);
  const auto base = linear(train, rows);
  EXPECT_EQ(base.figures[1].name, "top5");
  EXPECT_GT(base.figures[1].value, base.figures[0].value);
  // Half of the test rows replaced: the other half is predicted as before, with the same l2.
  auto changed = rows;
  changed.rows = rows.rows.clone();
  changed.rows.narrow(0, 100, 100).mul_(-50);
  changed.labels = rows.labels.clone();
  changed.labels.narrow(0, 100, 100).fill_(6);
  const auto other = linear(train, changed);
  EXPECT_TRUE(at::equal(other.correct.narrow(0, 0, 100), base.correct.narrow(0, 0, 100)));
  EXPECT_EQ(setting(other, "l2"), setting(base, "l2"));
}

TEST(Linear, NoiseAsksForStrongerRegularisation) {
  // 200 noise features beside one that tells: weak regularisation fits the noise.
  const auto make = [](int64_t n, uint64_t stream) {
    Embeddings e;
    e.rows = test::normal_rows(n, 201, stream);
    e.labels = at::arange(n, at::kLong).remainder(2);
    e.rows.select(1, 0).add_(e.labels.to(at::kFloat) * 3);
    return e;
  };
  const auto train = make(300, 5), rows = make(2000, 6);
  const auto chosen = linear(train, rows, {.validation = 0.3});
  const auto weak = linear(train, rows, {.l2 = {1e-6}});
  EXPECT_GT(std::stod(setting(chosen, "l2")), 1e-3);
  EXPECT_GT(chosen.figures[0].value, 0.7);
  EXPECT_EQ(setting(chosen, "l2_chosen_on"), "90 held-out training rows");
  EXPECT_EQ(setting(weak, "l2_chosen_on"), "");
}

TEST(Linear, StandardiseRescuesScales) {
  auto train = blobs(200, 5, 2, 1.0, 7), rows = blobs(200, 5, 2, 1.0, 8);
  const auto base = linear(train, rows, {.l2 = {1e-3}});
  train.rows = train.rows * at::tensor({1e3, 1e-3, 1.0, 1e2, 1e-2}, at::kFloat) + 5;
  rows.rows = rows.rows * at::tensor({1e3, 1e-3, 1.0, 1e2, 1e-2}, at::kFloat) + 5;
  EXPECT_NEAR(linear(train, rows, {.l2 = {1e-3}}).figures[0].value, base.figures[0].value, 0.011);
}

TEST(Linear, ClassesMissingOnEitherSide) {
  auto train = blobs(120, 6, 4, 0.3, 9), rows = blobs(80, 6, 4, 0.3, 10);
  auto only_two = rows;  // test without classes 2 and 3
  const auto kept = at::nonzero(rows.labels < 2).squeeze(1);
  only_two = test::reordered(rows, kept);
  EXPECT_GT(linear(train, only_two).figures[0].value, 0.9);
  const auto train_two = test::reordered(train, at::nonzero(train.labels < 2).squeeze(1));
  const auto result = linear(train_two, rows);
  EXPECT_NEAR(result.figures[0].value, 0.5, 0.05);  // half of the test rows cannot be right
  EXPECT_THAT(result.warnings, Contains(HasSubstr("2 classes of the test rows (label 2, ...)")));
  // Labels need not be 0..C-1.
  auto far_train = train, far_rows = rows;
  far_train.labels = train.labels * 1000003 + 5;
  far_rows.labels = rows.labels * 1000003 + 5;
  EXPECT_EQ(linear(far_train, far_rows).figures[0].value, linear(train, rows).figures[0].value);
}

TEST(Linear, BadInput) {
  auto train = blobs(40, 4, 2, 1.0, 11);
  auto same = train, none = train;
  same.labels = at::full({40}, 3, at::kLong);
  none.labels = at::Tensor();
  EXPECT_THAT(message(same, train),
              HasSubstr("linear: expected at least 2 classes among the training rows, got 1 (label 3)"));
  EXPECT_THAT(message(none, train), HasSubstr("got no labels at all"));
  EXPECT_THAT(message(train, train, {.validation = 0}), HasSubstr("validation"));
  EXPECT_THAT(message(train, train, {.l2 = {-1}}), HasSubstr("l2"));
  EXPECT_THAT(message(train, train, {.max_iterations = 0}), HasSubstr("max_iterations"));
  const auto singles = blobs(5, 4, 5, 1.0, 12);
  EXPECT_THAT(message(singles, train), HasSubstr("give a single l2"));
  EXPECT_EQ(message(singles, train, {.l2 = {0.1}}), "no error");
}

TEST(Linear, Warnings) {
  const auto train = blobs(300, 10, 3, 2.0, 13), rows = blobs(60, 10, 3, 2.0, 14);
  EXPECT_THAT(linear(train, rows, {.l2 = {1e-5}, .max_iterations = 2}).warnings,
              Contains(HasSubstr("before it converged")));
  EXPECT_THAT(linear(train, rows, {.l2 = {1e-2}}).warnings, IsEmpty());
  EXPECT_THAT(linear(train, rows, {.l2 = {50, 100}}).warnings, Contains(HasSubstr("end of the grid")));
}

TEST(Linear, ThreadsDoNotMatter) {
  const auto train = blobs(1500, 16, 6, 3.0, 15), rows = blobs(300, 16, 6, 3.0, 16);
  const auto one = test::with_threads(1, [&] { return linear(train, rows); });
  const auto two = test::with_threads(2, [&] { return linear(train, rows); });
  EXPECT_TRUE(at::equal(one.correct, two.correct));
  EXPECT_EQ(one.settings, two.settings);
  EXPECT_EQ(one.figures[0].interval.low, two.figures[0].interval.low);
}

}  // namespace
}  // namespace kindred
