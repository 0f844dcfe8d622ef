// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors; the L1 form and patches of images in loops; nothing hidden.
#include "kindred/losses/masked_reconstruction.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(MaskedReconstruction, SharedVectors) {
  for (const bool norm : {false, true})
    test::expect_vector("masked_reconstruction.json", norm ? "mae_norm_pix" : "mae_masked_mean",
                        [norm](const test::Tensors& x) {
                          return masked_reconstruction(x.at("pred"), x.at("target"), x.at("mask"), {.norm_pix = norm});
                        });
}

TEST(MaskedReconstruction, MeanIsOverTheBatchNotThePerImageMeans) {
  const at::Tensor p = test::random_rows(6, 4, 1), t = test::random_rows(6, 4, 2);
  const at::Tensor mask = torch::tensor({1, 0, 0, 1, 1, 1}).to(torch::kBool);
  const auto a = test::rows_of(p), b = test::rows_of(t);
  double sum = 0;
  for (const size_t i : {0UL, 3UL, 4UL, 5UL})
    for (size_t j = 0; j < 4; ++j) sum += std::abs(a[i][j] - b[i][j]) / 16;
  EXPECT_NEAR(
      masked_reconstruction(p.view({2, 3, 4}), t.view({2, 3, 4}), mask.view({2, 3}), {.error = "l1"}).item<double>(),
      sum, 1e-12);
}

TEST(MaskedReconstruction, NothingHiddenIsZeroWithAGradient) {
  at::Tensor p = test::random_rows(3, 2, 3).requires_grad_();
  const at::Tensor loss = masked_reconstruction(p, p.detach() + 1, torch::zeros({3}, torch::kBool));
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(p.grad().abs().max().item<double>(), 0);
}

TEST(MaskedReconstruction, Refusals) {
  const at::Tensor p = test::random_rows(3, 2, 4);
  EXPECT_THROW(masked_reconstruction(p, p, torch::ones({2}, torch::kBool)), InvalidArgument);
  EXPECT_THROW(masked_reconstruction(p, p, {}), InvalidArgument);
  EXPECT_THROW(masked_reconstruction(p.slice(1, 0, 1), p.slice(1, 0, 1), torch::ones({3}), {.norm_pix = true}),
               InvalidArgument);
}

}  // namespace
}  // namespace kindred
