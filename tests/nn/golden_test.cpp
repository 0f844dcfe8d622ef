// SPDX-License-Identifier: Apache-2.0
// Proves: golden inputs are what the format page says, the text keeps every bit, the gap is what its name says.
#include "kindred/nn/golden.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Golden, InputsAreTheStreamsOfTheirRows) {
  const auto x = golden_inputs({2, 3}, 77);
  ASSERT_EQ(x.sizes(), (std::vector<int64_t>{4, 2, 3}));
  for (int64_t row = 0; row < 4; ++row) {
    CounterRng rng(77, RngOp::kGolden, static_cast<uint64_t>(row));
    for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(x[row].flatten()[i].item<float>(), static_cast<float>(rng.normal()));
  }
}

TEST(Golden, EmbedsInEvaluationModeAndRestores) {
  const auto encoder = test::make_encoder("convnet", {1, 8, 8});
  encoder->train();
  const auto golden = make_golden(*encoder, {1, 8, 8}, 5);
  EXPECT_TRUE(encoder->is_training());
  EXPECT_FALSE(golden.embeddings.requires_grad());
  encoder->eval();
  EXPECT_TRUE(torch::equal(encoder->forward(golden_inputs({1, 8, 8}, 5)), golden.embeddings));
}

TEST(Golden, TextKeepsEveryBit) {
  const Golden golden{18446744073709551615u,
                      test::normal_tensor({4, 33}, 1) * torch::tensor({1e-38f, 1e-3f, 1.0f, 1e37f}).unsqueeze(1)};
  const auto back = parse_golden(golden_text(golden), 33);
  EXPECT_EQ(back.seed, golden.seed);
  EXPECT_TRUE(torch::equal(back.embeddings, golden.embeddings));
}

TEST(Golden, RefusesOtherText) {
  for (const char* text :
       {"", "[]", "{}", R"({"seed":-1,"embeddings":[[1],[1],[1],[1]]})", R"({"seed":1,"embeddings":[[1],[1],[1]]})",
        R"({"seed":1,"embeddings":[[1],[1],[1],[1,2]]})", R"({"seed":1,"embeddings":[[1],[1],[1],["1"]]})",
        R"({"seed":1,"embeddings":[[1],[1],[1],[1e300]]})", R"({"seed":1,"embeddings":[[1],[1],[1],[null]]})"})
    EXPECT_THROW(parse_golden(text, 1), InvalidArgument) << text;
}

TEST(Golden, GapIsTheWorstRowsShareOfItsNorm) {
  auto then = torch::zeros({4, 2}), now = torch::zeros({4, 2});
  then[1][0] = 3, then[1][1] = 4, now[1][0] = 3, now[1][1] = 4.5;  // 0.5 of 5
  then[2][0] = 10, now[2][0] = 10.5;                               // 0.5 of 10
  EXPECT_NEAR(golden_gap(then, now).gap, 0.1, 1e-12);
  EXPECT_EQ(golden_gap(then, now).row, 1);
  EXPECT_EQ(golden_gap(then, then).gap, 0);
  now[3][0] = std::nanf("");
  EXPECT_TRUE(std::isnan(golden_gap(then, now).gap));
  EXPECT_EQ(golden_gap(then, now).row, 3);
}

}  // namespace
}  // namespace kindred
