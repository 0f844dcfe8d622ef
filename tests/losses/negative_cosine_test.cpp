// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of SimSiam and BYOL; BYOL = 4 + 4 SimSiam; the stop-gradient.
#include "kindred/losses/negative_cosine.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss with(const std::string& form) {
  return [form](const test::Tensors& x) {
    return negative_cosine(x.at("p1"), x.at("z2"), x.at("p2"), x.at("z1"), {.form = form});
  };
}

TEST(NegativeCosine, SharedVectors) {
  test::expect_vector("simsiam.json", "symmetric", with("simsiam"));
  test::expect_vector("byol.json", "symmetric_sum", with("byol"));
}

TEST(NegativeCosine, ByolIsFourPlusFourSimsiam) {
  std::vector<at::Tensor> x;
  for (uint64_t i = 0; i < 4; ++i) x.push_back(test::random_rows(5, 3, i));
  const double simsiam = negative_cosine(x[0], x[1], x[2], x[3]).item<double>();
  EXPECT_NEAR(negative_cosine(x[0], x[1], x[2], x[3], {.form = "byol"}).item<double>(), 4 + 4 * simsiam, 1e-12);
}

TEST(NegativeCosine, TargetsGetNoGradientUnlessAsked) {
  const at::Tensor p = test::random_rows(4, 3, 5), z = test::random_rows(4, 3, 6);
  for (const bool stop : {true, false}) {
    const auto f = [stop](const std::vector<at::Tensor>& x) {
      return negative_cosine(x[0], x[1], {.stop_gradient = stop});
    };
    const auto grads = test::gradients_of(f, {p, z});
    EXPECT_GT(grads[0].abs().max().item<double>(), 1e-3);
    EXPECT_EQ(grads[1].abs().max().item<double>() == 0, stop);
  }
}

}  // namespace
}  // namespace kindred
