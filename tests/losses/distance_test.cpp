// SPDX-License-Identifier: Apache-2.0
// Proves: each measure against loops, pairwise and row by row; directions; slope 0 at 0; near duplicates.
#include "kindred/losses/distance.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

double slow(Distance measure, const std::vector<double>& a, const std::vector<double>& b) {
  if (measure == Distance::kCosine) return test::cosine(a, b);
  if (measure == Distance::kDot) return test::dot(a, b);
  const double d = test::distance(a, b);
  return measure == Distance::kEuclidean ? d : d * d;
}

TEST(DistanceTest, AgainstLoops) {
  const at::Tensor x = test::random_rows(4, 3, 1), y = test::random_rows(4, 3, 2);
  const auto a = test::rows_of(x), b = test::rows_of(y);
  for (const auto& name : distance_names()) {
    const Distance measure = distance_named(name);
    const at::Tensor all = pairwise(measure, x, y), rows = rowwise(measure, x, y);
    const double sign = larger_is_nearer(measure) ? -1 : 1;
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(rows[static_cast<int64_t>(i)].item<double>(), slow(measure, a[i], b[i]), 1e-12) << name;
      for (size_t j = 0; j < 4; ++j)
        EXPECT_NEAR(all[static_cast<int64_t>(i)][static_cast<int64_t>(j)].item<double>(), slow(measure, a[i], b[j]),
                    1e-12)
            << name;
    }
    const at::Tensor far = farness(measure, all);
    EXPECT_TRUE(torch::allclose(far - far[0][0], sign * (all - all[0][0]))) << name;
    test::expect_gradients([&](const std::vector<at::Tensor>& in) { return pairwise(measure, in[0], in[1]).sum(); },
                           {x, y}, name);
    test::expect_gradients([&](const std::vector<at::Tensor>& in) { return rowwise(measure, in[0], in[1]).sum(); },
                           {x, y}, name);
  }
  EXPECT_THROW(distance_named("manhattan"), InvalidArgument);
}

TEST(DistanceTest, EqualRowsHaveSlopeZero) {
  for (const auto& name : distance_names()) {
    const Distance measure = distance_named(name);
    if (larger_is_nearer(measure)) continue;
    const at::Tensor x = torch::ones({3, 2}, torch::kFloat64);
    const auto grads = test::gradients_of(
        [&](const std::vector<at::Tensor>& in) {
          return pairwise(measure, in[0], in[0]).sum() + rowwise(measure, in[0], in[1]).sum();
        },
        {x, x});
    EXPECT_EQ(grads[0].abs().max().item<double>(), 0) << name;
    EXPECT_EQ(grads[1].abs().max().item<double>(), 0) << name;
  }
}

TEST(DistanceTest, NearDuplicatesKeepTheirDigits) {
  const at::Tensor a = torch::full({1, 2}, 1000.0F), b = a + torch::tensor({{0.0F, 0.0625F}});
  EXPECT_NEAR(pairwise(Distance::kEuclidean, a, b).item<double>(), 0.0625, 1e-7);
}

}  // namespace
}  // namespace kindred
