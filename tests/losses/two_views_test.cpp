// SPDX-License-Identifier: Apache-2.0
// Proves: which pairs are negatives, and where the positives stand.
#include "kindred/losses/two_views.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(TwoViewsTest, NegativesAndPositives) {
  const at::Tensor z1 = test::random_rows(3, 2, 1), z2 = test::random_rows(3, 2, 2);
  const std::vector<int> ids{5, 6, 5};
  const auto z = test::stacked(test::rows_of(z1), test::rows_of(z2));
  for (const auto* impl : {"fused", "composite"}) {
    const TwoViews v = two_views(z1, z2, torch::tensor(ids), 0.5, impl, "test");
    for (size_t i = 0; i < 6; ++i) {
      const auto row = static_cast<int64_t>(i);
      EXPECT_NEAR(v.positive[row].item<double>(), test::cosine(z[i], z[(i + 3) % 6]) / 0.5, 1e-12);
      for (const double factor : {1.0, 2.5}) {
        std::vector<double> logits;
        for (size_t a = 0; a < 6; ++a)
          if (ids[i % 3] != ids[a % 3]) logits.push_back(factor * test::cosine(z[i], z[a]) / 0.5);
        EXPECT_NEAR(v.negative_logsumexp(factor)[row].item<double>(), test::lse(logits), 1e-12) << impl;
        EXPECT_EQ(v.negative_count()[row].item<double>(), static_cast<double>(logits.size()));
      }
    }
  }
}

}  // namespace
}  // namespace kindred
