// SPDX-License-Identifier: Apache-2.0
// A split encoder against its parts run by themselves; that a saved one comes back the same.
#include "kindred/nn/split_encoder.h"

#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "kindred/nn/model.h"
#include "tests/nn/fixture.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

EncoderPtr lab_convnet() {
  const auto recipe = find_encoder("convnet").recipe();
  Config::from_toml("width = 4", "test").apply(recipe->fields());
  Preprocess preprocess{.channels = 3, .height = 16, .width = 16};
  split_parts(preprocess, "L_ab");
  auto encoder = encoder_for(*recipe, preprocess);
  init_weights(*encoder, 3);
  encoder->eval();
  return encoder;
}

TEST(SplitEncoder, TakesOtherSizesIfAllItsPartsDo) {
  EXPECT_TRUE(lab_convnet()->any_size());
  Preprocess preprocess{.channels = 3, .height = 8, .width = 8};
  split_parts(preprocess, "L_ab");
  EXPECT_FALSE(encoder_for(*find_encoder("mlp").recipe(), preprocess)->any_size());
}

TEST(SplitEncoder, OutputsOfThePartsSideBySide) {
  const auto encoder = lab_convnet();
  const auto split = std::dynamic_pointer_cast<SplitEncoder>(encoder);
  ASSERT_NE(split, nullptr);
  ASSERT_EQ(split->encoders().size(), 2u);
  EXPECT_EQ(encoder->out_dim(), 64);
  const auto x = test::normal_tensor({2, 3, 16, 16}, 1);
  const auto lightness = split->encoders()[0]->forward(x.narrow(1, 0, 1));
  const auto colour = split->encoders()[1]->forward(x.narrow(1, 1, 2));
  const auto h = encoder->forward(x);
  EXPECT_TRUE(torch::equal(h.narrow(1, 0, 32), lightness));
  EXPECT_TRUE(torch::equal(h.narrow(1, 32, 32), colour));
  EXPECT_FALSE(torch::equal(split->encoders()[0]->parameters()[1], split->encoders()[1]->parameters()[2]));
}

TEST(SplitEncoder, OnePartIsTheEncoderItself) {
  const auto recipe = find_encoder("mlp").recipe();
  const Preprocess preprocess{.modality = "vector", .features = 5};
  EXPECT_EQ(std::dynamic_pointer_cast<SplitEncoder>(encoder_for(*recipe, preprocess)), nullptr);
}

TEST(SplitEncoder, ThreePartsOfAVector) {
  const auto recipe = find_encoder("mlp").recipe();
  Preprocess preprocess{.modality = "vector", .features = 8};
  split_parts(preprocess, "L_a_b");
  EXPECT_EQ(preprocess.parts, (std::vector<int64_t>{2, 2, 4}));
  const auto encoder = encoder_for(*recipe, preprocess);
  EXPECT_EQ(encoder->out_dim(), 3 * 512);
}

TEST(SplitEncoder, WrongChannelsAreRefused) {
  EXPECT_THROW(lab_convnet()->forward(torch::zeros({2, 1, 16, 16})), InvalidArgument);
}

TEST(SplitEncoder, AModelOfPartsIsSavedAndLoaded) {
  test::TempFolder folder;
  Preprocess preprocess{.channels = 3, .height = 16, .width = 16};
  split_parts(preprocess, "L_ab");
  auto model = make_model("convnet", Config::from_toml("width = 4", "test"), preprocess, 3);
  save_model(folder / "m.safetensors", model);
  auto loaded = load_model(folder / "m.safetensors");
  EXPECT_EQ(loaded.preprocess.colour, "lab");
  EXPECT_EQ(loaded.preprocess.parts, (std::vector<int64_t>{1, 2}));
  const auto x = test::normal_tensor({2, 3, 16, 16}, 1);
  model.encoder->eval();
  loaded.encoder->eval();
  EXPECT_TRUE(torch::equal(loaded.encoder->forward(x), model.encoder->forward(x)));
}

}  // namespace
}  // namespace kindred
