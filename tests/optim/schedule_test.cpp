// SPDX-License-Identifier: Apache-2.0
// Proves: schedules against the shared vectors and closed forms. Oracle: tests/golden/vectors/schedules_and_optimisers.json.
#include "kindred/optim/schedule.h"

#include <gtest/gtest.h>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

constexpr const char* kVectors = "vectors/schedules_and_optimisers.json";
constexpr double kRounding = 1e-14;  // a handful of float64 operations on values near 1

TEST(Schedule, WarmupThenCosineMatchesTheVector) {
  const auto c = test::golden_case(kVectors, "linear_warmup_cosine");
  const auto& o = c["options"];
  const ScheduleOptions options{.name = "cosine", .drop_at = {}};
  for (size_t i = 0; i < c["inputs"]["step"].size(); ++i)
    EXPECT_NEAR(lr_at(options, o["peak"], c["inputs"]["step"][i], o["warmup"], o["total"]),
                c["expected_value"][i].get<double>(), kRounding)
        << "step " << c["inputs"]["step"][i];
}

TEST(Schedule, EmaCosineMatchesTheVector) {
  const auto c = test::golden_case(kVectors, "byol_cosine");
  for (size_t i = 0; i < c["inputs"]["step"].size(); ++i)
    EXPECT_NEAR(ema_cosine(c["options"]["base"], c["inputs"]["step"][i], c["options"]["total"]),
                c["expected_value"][i].get<double>(), kRounding);
}

TEST(Schedule, CosineEndsAtItsFactor) {
  const ScheduleOptions options{.name = "cosine", .end_factor = 0.25, .drop_at = {}};
  EXPECT_NEAR(lr_at(options, 2, 100, 10, 100), 0.5, kRounding);
  EXPECT_NEAR(lr_at(options, 2, 55, 10, 100), 0.5 + 1.5 * 0.5, kRounding);  // half way through the cosine
  EXPECT_NEAR(lr_at(options, 2, 1000, 10, 100), 0.5, kRounding);            // past the end
}

TEST(Schedule, StepsDropAtTheirSharesOfTheRun) {
  const ScheduleOptions options{.name = "steps", .drop_at = {0.6, 0.8}, .drop_factor = 0.1};
  EXPECT_DOUBLE_EQ(lr_at(options, 1, 119, 0, 200), 1);
  EXPECT_DOUBLE_EQ(lr_at(options, 1, 120, 0, 200), 0.1);
  EXPECT_DOUBLE_EQ(lr_at(options, 1, 159, 0, 200), 0.1);
  EXPECT_NEAR(lr_at(options, 1, 160, 0, 200), 0.01, kRounding);
  // Every whole percentage of every length lands on the step that integer arithmetic names.
  for (int64_t total = 100; total <= 2000; total += 100)
    for (int64_t percent = 1; percent < 100; ++percent) {
      const ScheduleOptions one{.name = "steps", .drop_at = {static_cast<double>(percent) / 100}, .drop_factor = 0.5};
      const int64_t at = total / 100 * percent;
      ASSERT_EQ(lr_at(one, 1, at - 1, 0, total), 1) << total << " " << percent;
      ASSERT_EQ(lr_at(one, 1, at, 0, total), 0.5) << total << " " << percent;
    }
}

TEST(Schedule, ConstantKeepsThePeakAfterTheWarmup) {
  const ScheduleOptions options{.name = "constant", .drop_at = {}};
  EXPECT_DOUBLE_EQ(lr_at(options, 0.3, 0, 4, 100), 0);
  EXPECT_DOUBLE_EQ(lr_at(options, 0.3, 1, 4, 100), 0.075);
  EXPECT_DOUBLE_EQ(lr_at(options, 0.3, 4, 4, 100), 0.3);
  EXPECT_DOUBLE_EQ(lr_at(options, 0.3, 99, 4, 100), 0.3);
}

TEST(Schedule, WarmupLongerThanTheRunNeverDividesByZero) {
  for (const char* name : {"cosine", "constant", "steps"}) {
    const ScheduleOptions options{.name = name, .drop_at = {}};
    EXPECT_DOUBLE_EQ(lr_at(options, 1, 5, 10, 8), 0.5);
    EXPECT_TRUE(std::isfinite(lr_at(options, 1, 10, 10, 10)));
    EXPECT_TRUE(std::isfinite(lr_at(options, 1, 0, 0, 0)));
  }
}

TEST(Schedule, RefusesNonsense) {
  EXPECT_THROW(lr_at({.name = "linear", .drop_at = {}}, 1, 0, 0, 1), InvalidArgument);
  EXPECT_THROW(lr_at({}, 1, -1, 0, 1), InvalidArgument);
  EXPECT_THROW(ema_cosine(0.9, 0, 0), InvalidArgument);
  ScheduleOptions options;
  Config config;
  config.set("drop_at", "[0.5, 1.5]", "--set");
  EXPECT_THROW(config.apply(fields_of(options)), InvalidArgument);
}

TEST(Schedule, OptionsSurviveToml) {
  ScheduleOptions a{
      .name = "steps", .warmup_epochs = 2.5, .end_factor = 0.001, .drop_at = {0.6, 0.8}, .drop_factor = 0.2},
      b;
  Config::from_toml(toml_text(fields_of(a)), "test").apply(fields_of(b));
  EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
}

TEST(Schedule, MomentumIsConstantOrBYOLsCosine) {
  const auto c = test::golden_case(kVectors, "byol_cosine");
  const EmaOptions cosine{.momentum = c["options"]["base"]};
  for (size_t i = 0; i < c["inputs"]["step"].size(); ++i)
    EXPECT_NEAR(momentum_at(cosine, c["inputs"]["step"][i], c["options"]["total"]),
                c["expected_value"][i].get<double>(), kRounding);
  for (const int64_t step : {0, 7, 99}) {
    EXPECT_EQ(momentum_at({.momentum = 0.9, .schedule = "constant"}, step, 100), 0.9);
    EXPECT_EQ(momentum_at({.momentum = 1, .schedule = "cosine"}, step, 100), 1);  // a target that never moves
  }
  EXPECT_THROW(momentum_at({.momentum = 1.1}, 0, 10), InvalidArgument);
  EXPECT_THROW(momentum_at({.schedule = "linear"}, 0, 10), InvalidArgument);
}

// DINO's code: linspace(0.04, 0.07, 4) over epochs 0 to 3, then 0.07.
TEST(Schedule, LinearWarmupIsAStraightLineThatEnds) {
  const double expected[] = {0.04, 0.05, 0.06, 0.07, 0.07};
  for (int64_t step = 0; step < 5; ++step) EXPECT_NEAR(linear_warmup(0.04, 0.07, step, 3), expected[step], kRounding);
  EXPECT_EQ(linear_warmup(0.04, 0.07, 0, 0), 0.07);
  EXPECT_THROW(linear_warmup(0, 1, -1, 3), InvalidArgument);
}

}  // namespace
}  // namespace kindred
