// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; share 1 is InfoNCE; which negatives are kept, with ties both ways.
#include "kindred/losses/hard_contrastive.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/info_nce.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(HardContrastive, SharedVectors) {
  test::expect_vector("hard_contrastive.json", "wang_liu_top_half", [](const test::Tensors& x) {
    return hard_contrastive(x.at("q"), x.at("k"), {.temperature = 0.3, .share = 0.5});
  });
  test::expect_vector("hard_contrastive.json", "simple_loss", [](const test::Tensors& x) {
    return hard_contrastive(x.at("q"), x.at("k"), {.share = 1, .form = "simple"});
  });
}

TEST(HardContrastive, AllNegativesIsInfoNce) {
  const at::Tensor q = test::random_rows(6, 4, 1), k = test::random_rows(6, 4, 2);
  EXPECT_NEAR(hard_contrastive(q, k, {.temperature = 0.2, .share = 1}).item<double>(),
              info_nce(q, k, {.temperature = 0.2}).item<double>(), 1e-12);
  EXPECT_NEAR(hard_contrastive(q, k, {.temperature = 0.2, .count = 5}).item<double>(),
              info_nce(q, k, {.temperature = 0.2}).item<double>(), 1e-12);
}

TEST(HardContrastive, KeepsTheNearestInLoops) {
  const at::Tensor q = test::random_rows(7, 4, 3), k = test::random_rows(7, 4, 4);
  const auto a = test::rows_of(q), b = test::rows_of(k);
  for (const int64_t count : {1, 3}) {
    double soft = 0, simple = 0;
    for (size_t i = 0; i < 7; ++i) {
      std::vector<double> negatives;
      for (size_t j = 0; j < 7; ++j)
        if (j != i) negatives.push_back(test::cosine(a[i], b[j]));
      std::sort(negatives.rbegin(), negatives.rend());
      std::vector<double> below{test::cosine(a[i], b[i]) / 0.3};
      simple -= test::cosine(a[i], b[i]) / 7;
      for (int64_t j = 0; j < count; ++j) {
        below.push_back(negatives[static_cast<size_t>(j)] / 0.3);
        simple += 0.5 * negatives[static_cast<size_t>(j)] / 7;
      }
      soft += (test::lse(below) - below[0]) / 7;
    }
    EXPECT_NEAR(hard_contrastive(q, k, {.count = count}).item<double>(), soft, 1e-12);
    EXPECT_NEAR(hard_contrastive(q, k, {.count = count, .form = "simple", .lambda = 0.5}).item<double>(), simple,
                1e-12);
  }
}

TEST(HardContrastive, Ties) {
  const at::Tensor q = torch::ones({4, 2}, torch::kFloat64);  // three negatives of one cosine
  EXPECT_NEAR(hard_contrastive(q, q, {.count = 1}).item<double>(), std::log(4), 1e-12);
  EXPECT_NEAR(hard_contrastive(q, q, {.count = 1, .ties = "lowest_index"}).item<double>(), std::log(2), 1e-12);
}

}  // namespace
}  // namespace kindred
