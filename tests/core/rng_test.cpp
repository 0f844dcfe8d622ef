// SPDX-License-Identifier: Apache-2.0
// Proves: Philox's known answers, streams independent of drawing order, moments, unbiased below(), bijective shuffles.
#include "kindred/core/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace kindred {
namespace {

// Known answers of the Random123 distribution (kat_vectors, philox 4x32 with 10 rounds).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}), (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(CounterRng, EveryPartOfTheNameMatters) {
  const StreamName base{.seed = 1, .epoch = 2, .sample = 3, .view = 4, .op = 5};
  std::set<uint64_t> first{CounterRng(base).next_u64()};
  for (StreamName other :
       {StreamName{2, 2, 3, 4, 5}, StreamName{1, 3, 3, 4, 5}, StreamName{1, 2, 4, 4, 5}, StreamName{1, 2, 3, 5, 5},
        StreamName{1, 2, 3, 4, 6}, StreamName{uint64_t{1} << 40 | 1, 2, 3, 4, 5},
        StreamName{1, 2, uint64_t{1} << 40 | 3, 4, 5}})
    first.insert(CounterRng(other).next_u64());
  EXPECT_EQ(first.size(), 8u);
  EXPECT_EQ(CounterRng(base).next_u64(), CounterRng(base).next_u64());
}

TEST(CounterRng, Moments) {
  CounterRng rng(7, RngOp::kTest);
  const int n = 200000;
  double sum = 0, square = 0, normal_sum = 0, normal_square = 0;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform(), g = rng.normal();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u, square += u * u, normal_sum += g, normal_square += g * g;
  }
  // Five standard errors of each mean.
  EXPECT_NEAR(sum / n, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(square / n, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / n));
  EXPECT_NEAR(normal_sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(normal_square / n, 1, 5 * std::sqrt(2.0 / n));
}

TEST(CounterRng, BelowIsUniform) {
  CounterRng rng(11, RngOp::kTest);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[rng.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(10000.0));
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Permutation, IsABijectionAndShuffles) {
  for (const uint64_t n : {1u, 2u, 3u, 16u, 17u, 1000u, 4097u}) {
    const Permutation order(n, {.seed = 5, .op = static_cast<uint16_t>(RngOp::kShuffle)});
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t to = order(i);
      ASSERT_LT(to, n);
      seen.insert(to);
    }
    EXPECT_EQ(seen.size(), n);
  }
}

// Each of the 24 orders of four elements comes up about equally often over seeds, and epochs differ.
TEST(Permutation, AllOrdersOfFour) {
  std::map<std::vector<uint64_t>, int> counts;
  const int trials = 24000;
  for (int seed = 0; seed < trials; ++seed) {
    const Permutation order(4, {.seed = static_cast<uint64_t>(seed), .op = 1});
    ++counts[{order(0), order(1), order(2), order(3)}];
  }
  EXPECT_EQ(counts.size(), 24u);
  for (const auto& [_, count] : counts) EXPECT_NEAR(count, trials / 24, 6 * std::sqrt(trials / 24.0));
}

}  // namespace
}  // namespace kindred
