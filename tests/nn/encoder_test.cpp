// SPDX-License-Identifier: Apache-2.0
// The contract every row of the registry keeps: out_dim, finite outputs and gradients, rows independent in evaluation
// mode, options through TOML, bad inputs refused in one line.
#include "kindred/nn/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class EveryEncoder : public ::testing::TestWithParam<std::string> {};

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& row : encoder_rows()) out.emplace_back(row.name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(All, EveryEncoder, ::testing::ValuesIn(names()), [](const auto& at) { return at.param; });

TEST_P(EveryEncoder, GivesFiniteRowsAndGradients) {
  for (const InputShape& shape : {InputShape{1, 12, 16}, InputShape{3, 16, 16}}) {
    const auto encoder = test::make_encoder(GetParam(), shape);
    const auto z = encoder->forward(test::normal_tensor({4, shape[0], shape[1], shape[2]}, 1));
    EXPECT_EQ(z.sizes(), (std::vector<int64_t>{4, encoder->out_dim()}));
    EXPECT_EQ(z.scalar_type(), at::kFloat);
    z.square().sum().backward();
    for (const auto& item : encoder->named_parameters()) {
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
      EXPECT_GT(item.value().grad().abs().max().item<float>(), 0) << item.key();
    }
  }
}

TEST_P(EveryEncoder, TreatsRowsOnTheirOwnInEvaluationMode) {
  const auto encoder = test::make_encoder(GetParam(), {3, 16, 16});
  encoder->eval();
  torch::NoGradGuard no_grad;
  const auto x = test::normal_tensor({4, 3, 16, 16}, 2);
  const auto all = encoder->forward(x);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_LT(test::relative_gap(encoder->forward(x.slice(0, i, i + 1))[0], all[i]),
              1e-4);  // another batch size, another order of sums
  EXPECT_TRUE(torch::equal(x, test::normal_tensor({4, 3, 16, 16}, 2))) << "the input was written to";
}

TEST_P(EveryEncoder, OptionsSurviveToml) {
  const auto a = find_encoder(GetParam()).recipe(), b = find_encoder(GetParam()).recipe();
  Config::from_toml(toml_text(a->fields()), "test").apply(b->fields());
  EXPECT_TRUE(same_values(a->fields(), b->fields()));
}

TEST_P(EveryEncoder, RefusesBadShapes) {
  const auto recipe = find_encoder(GetParam()).recipe();
  constexpr int64_t kHuge = int64_t{1} << 40;
  for (const InputShape& shape : {InputShape{}, InputShape{0, 8, 8}, InputShape{3, -1, 8}, InputShape{3, kHuge, kHuge},
                                  InputShape{kHuge, 1, 1}, InputShape{int64_t{1} << 28, 1, 1}})
    EXPECT_THROW(recipe->make(shape), InvalidArgument) << torch::IntArrayRef(shape);
  const auto encoder = test::make_encoder(GetParam(), {3, 8, 8});
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{2, 1, 8, 8}, std::vector<int64_t>{8}})
    EXPECT_THAT([&] { encoder->forward(torch::zeros(shape)); },
                ThrowsMessage<InvalidArgument>(HasSubstr(GetParam() + ": expected")));
}

TEST(EncoderRegistry, NamesTheNearestForATypo) {
  EXPECT_THAT([] { find_encoder("resnet8"); }, ThrowsMessage<InvalidArgument>(HasSubstr("resnet18")));
  EXPECT_EQ(find_encoder("mlp").name, "mlp");
}

}  // namespace
}  // namespace kindred
