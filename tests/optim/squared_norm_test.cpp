// SPDX-License-Identifier: Apache-2.0
// Proves: the sum of squares against exact values and a long double loop, for lengths around the block and lane sizes,
// layouts, dtypes; the same bits for 1 to 4 threads.
#include "kindred/optim/squared_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "tests/optim/fixture.h"

namespace kindred {
namespace {

TEST(SquaredNorm, IsExactOnWholeNumbers) {
  for (const int64_t n : {0, 1, 7, 8, 9, 8191, 8192, 8193, 100000}) {
    const auto values = torch::arange(n, torch::kFloat64).remainder(16);
    double expected = 0;
    for (int64_t i = 0; i < n; ++i) expected += static_cast<double>((i % 16) * (i % 16));
    EXPECT_EQ(squared_norm(values), expected) << n;
    EXPECT_EQ(squared_norm(values.to(torch::kFloat32)), expected) << n;
    EXPECT_EQ(squared_norm(values.to(torch::kBFloat16)), expected) << n;
  }
}

TEST(SquaredNorm, MatchesALongLoop) {
  const auto values = test::normal_tensor({300, 217}, 1);
  long double expected = 0;
  for (int64_t i = 0; i < values.numel(); ++i)
    expected += static_cast<long double>(values.data_ptr<double>()[i]) * values.data_ptr<double>()[i];
  EXPECT_NEAR(squared_norm(values) / static_cast<double>(expected), 1, 1e-14);
}

TEST(SquaredNorm, TakesAnyLayout) {
  const auto values = test::normal_tensor({6, 5, 4, 3}, 2);
  const double plain = squared_norm(values);
  EXPECT_NEAR(squared_norm(values.contiguous(at::MemoryFormat::ChannelsLast)), plain, 1e-12);
  EXPECT_NEAR(squared_norm(values.permute({3, 1, 0, 2})), plain, 1e-12);
  const auto wide = torch::zeros({6, 10}, torch::kFloat64);
  wide.slice(1, 0, 10, 2).fill_(2);
  EXPECT_EQ(squared_norm(wide.slice(1, 0, 10, 2)), 120);
  EXPECT_EQ(squared_norm(torch::full({3}, 2.0, torch::kFloat64).expand({4, 3})), 48);
}

TEST(SquaredNorm, DoesNotDependOnThreads) {
  const auto values = test::normal_tensor({517, 613}, 3, at::kFloat);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double one = squared_norm(values);
  for (const int threads : {2, 3, 4}) {
    at::set_num_threads(threads);
    EXPECT_EQ(squared_norm(values), one) << threads << " threads";
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace kindred
