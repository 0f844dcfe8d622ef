// SPDX-License-Identifier: Apache-2.0
// Percentile bootstrap of a mean (Efron, Tibshirani 1993, chapter 13), resamples drawn from the counter generator.
#include "kindred/eval/bootstrap.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"

namespace kindred {
namespace {

constexpr size_t kMostDistinct = 16;  // above, drawing indices is as good

std::vector<double> checked_values(const at::Tensor& values, const char* who) {
  check(values.defined() && values.numel() > 0, who, ": expected at least one value, got none");
  const auto held = values.detach().to(at::kCPU, at::kDouble).contiguous();
  const double* data = held.data_ptr<double>();
  std::vector<double> out(data, data + held.numel());
  for (size_t i = 0; i < out.size(); ++i)
    check(std::isfinite(out[i]), who, ": expected finite values, got ", out[i], " at position ", i);
  return out;
}

// A draw from Binomial(n, p): inversion, the probabilities visited outward from the mode, about sqrt(n p (1 - p)) of them.
int64_t binomial(CounterRng& rng, int64_t n, double p) {
  double u = static_cast<double>(rng.next_u64() >> 11) * 0x1p-53;  // one draw always, so that streams stay in step
  if (n == 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const auto count = static_cast<double>(n);
  const auto mode = std::min(n, static_cast<int64_t>((count + 1) * p));
  const auto m = static_cast<double>(mode);
  const double at_mode = std::exp(std::lgamma(count + 1) - std::lgamma(m + 1) - std::lgamma(count - m + 1) +
                                  m * std::log(p) + (count - m) * std::log1p(-p));
  const double odds = p / (1 - p);
  u -= at_mode;
  if (u < 0) return mode;
  double below = at_mode, above = at_mode;
  int64_t low = mode, high = mode;
  while (low > 0 || high < n) {
    if (high < n) {
      above *= static_cast<double>(n - high) / static_cast<double>(high + 1) * odds;
      ++high;
      if ((u -= above) < 0) return high;
    }
    if (low > 0) {
      below *= static_cast<double>(low) / static_cast<double>(n - low + 1) / odds;
      --low;
      if ((u -= below) < 0) return low;
    }
    if (below < 1e-18 && above < 1e-18) break;  // u fell into what rounding left of 1
  }
  return mode;
}

// The sum of n draws from the distinct values: how often each occurs, one after the other.
double multinomial_sum(CounterRng& rng, const std::map<double, int64_t>& counts, int64_t n) {
  int64_t left = n, weight = n;
  double sum = 0;
  for (const auto& [value, count] : counts) {
    const int64_t drawn =
        count == weight ? left : binomial(rng, left, static_cast<double>(count) / static_cast<double>(weight));
    sum += value * static_cast<double>(drawn);
    left -= drawn;
    weight -= count;
  }
  return sum;
}

}  // namespace

Interval percentile_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double p) {
    const double position = p * static_cast<double>(values.size() - 1);
    const auto i = static_cast<size_t>(position);
    if (i + 1 >= values.size()) return values.back();
    return values[i] + (position - std::floor(position)) * (values[i + 1] - values[i]);
  };
  return {quantile(0.025), quantile(0.975)};
}

std::vector<double> resampled_means(const std::vector<double>& values, uint64_t seed, bool by_counts) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<double> means(kResamples);
  if (by_counts) {
    std::map<double, int64_t> counts;
    for (const double v : values) ++counts[v];
    for (int64_t r = 0; r < kResamples; ++r) {
      CounterRng rng(seed, RngOp::kBootstrap, static_cast<uint64_t>(r));
      means[static_cast<size_t>(r)] = multinomial_sum(rng, counts, n) / static_cast<double>(n);
    }
    return means;
  }
  at::parallel_for(0, kResamples, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      CounterRng rng(seed, RngOp::kBootstrap, static_cast<uint64_t>(r));
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += values[rng.below(static_cast<uint64_t>(n))];
      means[static_cast<size_t>(r)] = sum / static_cast<double>(n);
    }
  });
  return means;
}

Interval bootstrap_mean(const at::Tensor& values, uint64_t seed) {
  const auto held = checked_values(values, "bootstrap_mean");
  std::map<double, int64_t> distinct;
  for (size_t i = 0; i < held.size() && distinct.size() <= kMostDistinct; ++i) ++distinct[held[i]];
  return percentile_interval(resampled_means(held, seed, distinct.size() <= kMostDistinct));
}

Interval bootstrap_paired_difference(const at::Tensor& a, const at::Tensor& b, uint64_t seed) {
  check(a.defined() && b.defined() && a.dim() == 1 && b.dim() == 1 && a.size(0) == b.size(0),
        "bootstrap_paired_difference: expected two lists of one length, got ", a.defined() ? a.numel() : 0, " and ",
        b.defined() ? b.numel() : 0, " values");
  // The mean over resampled i of a_i - b_i is the difference of the two means over the same i.
  return bootstrap_mean(a.to(at::kCPU, at::kDouble) - b.to(at::kCPU, at::kDouble), seed);
}

Interval bootstrap_two_level(const at::Tensor& values, uint64_t seed) {
  check(values.defined() && values.dim() == 2, "bootstrap_two_level: expected values of shape [draws, N]");
  const auto held = checked_values(values, "bootstrap_two_level");
  const auto draws = static_cast<size_t>(values.size(0)), n = static_cast<size_t>(values.size(1));
  std::vector<double> means(kResamples);
  at::parallel_for(0, kResamples, 16, [&](int64_t begin, int64_t end) {
    std::vector<double> sample(n);
    for (int64_t r = begin; r < end; ++r) {
      CounterRng rng(seed, RngOp::kBootstrap, static_cast<uint64_t>(r));
      std::vector<double> weight(draws, 0.0);
      for (size_t d = 0; d < draws; ++d) weight[rng.below(draws)] += 1.0 / static_cast<double>(draws);
      std::fill(sample.begin(), sample.end(), 0.0);
      for (size_t d = 0; d < draws; ++d)
        for (size_t i = 0; i < n && weight[d] > 0; ++i) sample[i] += weight[d] * held[d * n + i];
      double sum = 0;
      for (size_t i = 0; i < n; ++i) sum += sample[rng.below(n)];
      means[static_cast<size_t>(r)] = sum / static_cast<double>(n);
    }
  });
  return percentile_interval(std::move(means));
}

}  // namespace kindred
