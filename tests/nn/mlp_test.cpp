// SPDX-License-Identifier: Apache-2.0
// Proves: mlp against its formula in float64 matrix products; vectors and images; bad widths.
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Mlp, EqualsItsFormula) {
  const auto encoder = test::make_encoder("mlp", {6}, "hidden = [5, 7, 3]");
  EXPECT_EQ(encoder->out_dim(), 3);
  torch::NoGradGuard no_grad;
  const auto x = test::normal_tensor({9, 6}, 1);
  auto h = x.to(torch::kFloat64);
  for (const char* number : {"1", "2", "3"}) {
    h = h.matmul(encoder->named_parameters()[std::string("linear") + number + ".weight"].to(torch::kFloat64).t());
    const auto centred = h - h.mean(0);
    h = (centred / (centred.square().mean(0) + 1e-5).sqrt()).clamp_min(0);  // scale 1, shift 0 at the start
  }
  EXPECT_LT(test::relative_gap(encoder->forward(x), h), 1e-5);
}

TEST(Mlp, FlattensImages) {
  const auto encoder = test::make_encoder("mlp", {3, 4, 5}, "hidden = [8]");
  encoder->eval();
  const auto x = test::normal_tensor({2, 3, 4, 5}, 2);
  EXPECT_TRUE(torch::equal(encoder->forward(x), encoder->forward(x.reshape({2, 60}))));
}

TEST(Mlp, RefusesBadWidths) {
  EXPECT_THROW(test::make_encoder("mlp", {6}, "hidden = []"), InvalidArgument);
  EXPECT_THROW(test::make_encoder("mlp", {6}, "hidden = [4, 0]"), InvalidArgument);
  EXPECT_THROW(test::make_encoder("mlp", {0}), InvalidArgument);
  EXPECT_THROW(test::make_encoder("mlp", {6})->forward(torch::zeros({2, 5})), InvalidArgument);
}

}  // namespace
}  // namespace kindred
