// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of DCL and DCLW; wide weights are none; anchors without negatives are skipped.
#include "kindred/losses/decoupled.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Decoupled, SharedVectors) {
  test::expect_vector("dcl_decoupled.json", "tau0.1",
                      [](const test::Tensors& x) { return decoupled(x.at("z1"), x.at("z2")); });
  test::expect_vector("dcl_decoupled.json", "dclw_tau0.1_sigma0.5", [](const test::Tensors& x) {
    return decoupled(x.at("z1"), x.at("z2"), {.weighting = "von_mises"});
  });
}

TEST(Decoupled, WideWeightsAreNone) {
  const at::Tensor z1 = test::random_rows(5, 4, 1), z2 = test::random_rows(5, 4, 2);
  EXPECT_NEAR(decoupled(z1, z2, {.weighting = "von_mises", .sigma = 1e9}).item<double>(),
              decoupled(z1, z2).item<double>(), 1e-7);
}

TEST(Decoupled, AnchorsWithoutNegativesAreSkipped) {
  const at::Tensor z1 = test::random_rows(3, 4, 3), z2 = test::random_rows(3, 4, 4);
  const at::Tensor loss = decoupled(z1, z2, torch::zeros({3}, torch::kLong), {});
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(decoupled(z1.slice(0, 0, 1), z2.slice(0, 0, 1)).item<double>(), 0);
}

TEST(Decoupled, MasksByIdInLoops) {
  const at::Tensor z1 = test::random_rows(4, 3, 5), z2 = test::random_rows(4, 3, 6);
  const auto z = test::stacked(test::rows_of(z1), test::rows_of(z2));
  const std::vector<int> ids{4, 5, 4, 6};
  double sum = 0;
  for (size_t i = 0; i < 8; ++i) {
    std::vector<double> below;
    for (size_t a = 0; a < 8; ++a)
      if (ids[a % 4] != ids[i % 4]) below.push_back(test::cosine(z[i], z[a]) / 0.1);
    sum += (test::lse(below) - test::cosine(z[i], z[(i + 4) % 8]) / 0.1) / 8;
  }
  EXPECT_NEAR(decoupled(z1, z2, torch::tensor(ids), {}).item<double>(), sum, 1e-12);
}

}  // namespace
}  // namespace kindred
