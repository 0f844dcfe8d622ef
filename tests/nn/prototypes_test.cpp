// SPDX-License-Identifier: Apache-2.0
// Proves: scores are cosines, by loops; lengths of rows and of weights do not matter; init_weights() knows the module.
#include "kindred/nn/prototypes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Prototypes, ScoresAreCosines) {
  auto layer = std::make_shared<Prototypes>(4, 3);
  init_weights(*layer, 5);
  const auto x = test::normal_tensor({6, 4}, 1), w = layer->weight.detach(), s = layer->forward(x);
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t k = 0; k < 3; ++k) {
      double dot = 0, xx = 0, ww = 0;
      for (int64_t j = 0; j < 4; ++j) {
        const double a = x[i][j].item<double>(), b = w[k][j].item<double>();
        dot += a * b, xx += a * a, ww += b * b;
      }
      EXPECT_NEAR(s[i][k].item<double>(), dot / std::sqrt(xx * ww), 1e-6);
    }
  {
    torch::NoGradGuard no_grad;
    layer->weight.mul_(3);
  }
  EXPECT_LT((layer->forward(5 * x) - s).abs().max().item<double>(), 1e-6);
}

TEST(Prototypes, FixedOnesGetNoGradient) {
  Prototypes layer(4, 3);
  const auto x = test::normal_tensor({6, 4}, 1).requires_grad_(true);
  layer.forward(x, true).sum().backward();
  EXPECT_FALSE(layer.weight.grad().defined());
  EXPECT_TRUE(x.grad().defined());
  layer.forward(x).sum().backward();
  EXPECT_TRUE(layer.weight.grad().defined());
}

TEST(Prototypes, AreInitialisedFromTheSeed) {
  Prototypes a(4, 3), b(4, 3), c(4, 3);
  init_weights(a, 1), init_weights(b, 1), init_weights(c, 2);
  EXPECT_TRUE(torch::equal(a.weight, b.weight));
  EXPECT_FALSE(torch::equal(a.weight, c.weight));
  EXPECT_EQ(a.parameters().size(), 1u);
}

TEST(Prototypes, RefuseNonsense) {
  EXPECT_THROW(Prototypes(4, 1), InvalidArgument);
  EXPECT_THROW(Prototypes(0, 3), InvalidArgument);
}

}  // namespace
}  // namespace kindred
