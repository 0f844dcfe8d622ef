// SPDX-License-Identifier: Apache-2.0
// Proves: quantiles as NumPy's; both ways of drawing have the moments and quantiles the theory gives; coverage; pairing;
// the two-level form widens with the spread between draws.
#include "kindred/eval/bootstrap.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(PercentileInterval, AsNumpy) {
  const auto item = test::golden_json("eval_oracles.json").at("quantile");
  const auto interval = percentile_interval(item["values"].get<std::vector<double>>());
  EXPECT_NEAR(interval.low, item["interval"][0].get<double>(), 1e-6);  // the fixture keeps six decimals of the values
  EXPECT_NEAR(interval.high, item["interval"][1].get<double>(), 1e-6);
  EXPECT_EQ(percentile_interval({3}).low, 3);
  EXPECT_EQ(percentile_interval({3}).high, 3);
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments moments(const std::vector<double>& v) {
  Moments m;
  for (const double x : v) m.mean += x / static_cast<double>(v.size());
  for (const double x : v) m.variance += (x - m.mean) * (x - m.mean) / static_cast<double>(v.size());
  return m;
}

TEST(ResampledMeans, HaveTheMomentsOfTheBootstrap) {
  // The mean of n draws from the values has their mean, and their variance over n.
  for (const auto& values :
       {std::vector<double>{0, 1, 1, 1, 0, 1, 1, 1, 1, 1}, std::vector<double>{-1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0.5},
        std::vector<double>(7, 2.0), std::vector<double>{4}}) {
    const Moments expected = moments(values);
    const double variance = expected.variance / static_cast<double>(values.size());
    for (const bool by_counts : {false, true}) {
      const Moments found = moments(resampled_means(values, 3, by_counts));
      // Five standard errors of 2000 resamples; the variance's by the normal approximation.
      EXPECT_NEAR(found.mean, expected.mean, 5 * std::sqrt(variance / kResamples) + 1e-12);
      EXPECT_NEAR(found.variance, variance, 5 * variance * std::sqrt(2.0 / kResamples) + 1e-12);
    }
  }
}

TEST(ResampledMeans, CountsFollowTheBinomialDistribution) {
  // n = 5, three ones: P(sum = s) in closed form against 2000 draws, five standard errors each.
  const auto means = resampled_means({1, 1, 1, 0, 0}, 11, true);
  const double binomial[] = {0.01024, 0.0768, 0.2304, 0.3456, 0.2592, 0.07776};
  for (int s = 0; s <= 5; ++s) {
    const auto count = static_cast<double>(
        std::count_if(means.begin(), means.end(), [&](double m) { return std::abs(m * 5 - s) < 1e-9; }));
    const double p = binomial[s];
    EXPECT_NEAR(count / kResamples, p, 5 * std::sqrt(p * (1 - p) / kResamples)) << s;
  }
}

TEST(BootstrapMean, NormalApproximationForLargeN) {
  auto hits = at::zeros({10000}, at::kByte);
  hits.narrow(0, 0, 8500).fill_(1);
  const auto interval = bootstrap_mean(hits);
  const double error = std::sqrt(0.85 * 0.15 / 10000);
  // A 2.5 % quantile of 2000 resamples has a standard error of about 0.06 standard deviations.
  EXPECT_NEAR(interval.low, 0.85 - 1.96 * error, 0.25 * error);
  EXPECT_NEAR(interval.high, 0.85 + 1.96 * error, 0.25 * error);
}

TEST(BootstrapMean, BothWaysAgree) {
  std::vector<double> values;
  CounterRng rng(5, RngOp::kTest);
  for (int i = 0; i < 400; ++i) values.push_back(rng.chance(0.3) ? 1 : 0);
  const auto a = percentile_interval(resampled_means(values, 0, false)),
             b = percentile_interval(resampled_means(values, 0, true));
  EXPECT_NEAR(a.low, b.low, 0.006);  // a quarter of the standard error 0.023
  EXPECT_NEAR(a.high, b.high, 0.006);
}

TEST(BootstrapMean, CoversTheTruth) {
  // 400 samples of size 120 with p = 0.7: 95 % of the intervals hold p; five standard errors, plus the known shortfall of
  // the percentile interval at this size (about one point).
  int covered = 0;
  for (uint64_t trial = 0; trial < 400; ++trial) {
    CounterRng rng(9, RngOp::kTest, trial);
    auto hits = at::empty({120}, at::kByte);
    for (int64_t i = 0; i < 120; ++i) hits.data_ptr<uint8_t>()[i] = rng.chance(0.7);
    const auto interval = bootstrap_mean(hits, trial);
    covered += interval.low <= 0.7 && 0.7 <= interval.high;
  }
  EXPECT_GE(covered, 400 * 0.89);
  EXPECT_LE(covered, 400 * 0.99);
}

TEST(BootstrapMean, EdgeCases) {
  EXPECT_EQ(bootstrap_mean(at::ones({5})).low, 1);
  EXPECT_EQ(bootstrap_mean(at::zeros({1})).high, 0);
  EXPECT_THROW(bootstrap_mean(at::empty({0})), InvalidArgument);
  EXPECT_THROW(bootstrap_mean(at::full({3}, std::nan(""))), InvalidArgument);
}

TEST(BootstrapMean, ThreadsDoNotMatter) {
  const auto values = test::normal_rows(1, 300, 12)[0];
  const auto one = test::with_threads(1, [&] { return bootstrap_mean(values, 4); });
  const auto two = test::with_threads(2, [&] { return bootstrap_mean(values, 4); });
  EXPECT_EQ(one.low, two.low);
  EXPECT_EQ(one.high, two.high);
}

TEST(PairedDifference, SamplesThatAgreeCancel) {
  // a and b differ on 20 of 1000 samples: the paired interval is far narrower than that of either mean.
  auto a = at::zeros({1000}, at::kByte), b = at::zeros({1000}, at::kByte);
  a.narrow(0, 0, 520).fill_(1);
  b.narrow(0, 0, 500).fill_(1);
  const auto interval = bootstrap_paired_difference(a, b);
  EXPECT_GT(interval.low, 0);
  EXPECT_NEAR((interval.low + interval.high) / 2, 0.02, 0.002);
  const double error = std::sqrt(0.02 * 0.98 / 1000);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * error, 0.5 * error);
  const auto same = bootstrap_paired_difference(a, a);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
  const auto turned = bootstrap_paired_difference(b, a);
  EXPECT_LT(turned.high, 0);
  EXPECT_THROW(bootstrap_paired_difference(a, b.narrow(0, 0, 5)), InvalidArgument);
}

TEST(TwoLevel, CountsTheSpreadBetweenDraws) {
  // Five draws that are right always or never: samples add nothing, the mean of 5 draws from {0, 1, 1, 1, 0} remains.
  const auto draws = at::tensor({0.0, 1.0, 1.0, 1.0, 0.0}, at::kDouble).unsqueeze(1).expand({5, 200});
  const auto wide = bootstrap_two_level(draws, 0);
  EXPECT_NEAR(wide.low, 0.2, 1e-9);   // P(sum <= 0) = 0.01, P(sum <= 1) = 0.087
  EXPECT_NEAR(wide.high, 1.0, 1e-9);  // P(sum = 5) = 0.078
  // Equal draws: only samples count, as in bootstrap_mean().
  auto hits = at::zeros({4, 400}, at::kDouble);
  hits.narrow(1, 0, 300).fill_(1);
  const auto narrow = bootstrap_two_level(hits, 0), plain = bootstrap_mean(hits[0]);
  EXPECT_NEAR(narrow.low, plain.low, 0.006);
  EXPECT_NEAR(narrow.high, plain.high, 0.006);
  EXPECT_THROW(bootstrap_two_level(at::zeros({3}), 0), InvalidArgument);
}

}  // namespace
}  // namespace kindred
