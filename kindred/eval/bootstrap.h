// SPDX-License-Identifier: Apache-2.0
// Inside of the bootstrap: the two-level form and the two ways of drawing, for the protocols and the tests.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/eval/result.h"

namespace kindred {

inline constexpr int64_t kResamples = 2000;

// The 2.5 % and 97.5 % quantiles, interpolated linearly between order statistics. REQUIRES values not empty.
Interval percentile_interval(std::vector<double> values);

// values: [draws, N]. Each resample draws draws and samples anew (the same samples for every draw) and takes the mean.
Interval bootstrap_two_level(const at::Tensor& values, uint64_t seed);

// The resampled means themselves, one stream per resample. by_counts draws how often each distinct value occurs
// (multinomial, through binomials) instead of one index after the other: the same distribution, and for 0/1 values a
// thousand times less work.
std::vector<double> resampled_means(const std::vector<double>& values, uint64_t seed, bool by_counts);

}  // namespace kindred
