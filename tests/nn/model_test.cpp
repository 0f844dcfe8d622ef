// SPDX-License-Identifier: Apache-2.0
// Proves: a model survives its file with the same bits and gives the same embeddings; whatever was changed in the file is
// noticed and named; a broken model is not saved.
#include "kindred/nn/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/nn/safetensors.h"
#include "tests/nn/fixture.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Preprocess grey(int64_t side) {
  Preprocess p;
  p.channels = 1;
  p.height = p.width = side;
  p.mean = {0.25};
  p.std = {0.3};
  return p;
}

Config config_of(const std::string& toml) { return Config::from_toml(toml, "test"); }

Model trained_model() {
  auto model = make_model("convnet", config_of("width = 4"), grey(12), 3);
  model.encoder->train();
  for (int i = 0; i < 3; ++i)
    model.encoder->forward(test::normal_tensor({6, 1, 12, 12}, static_cast<uint64_t>(i)));  // moves the statistics
  model.provenance = {{"method", "simclr"}, {"steps", "60"}};
  return model;
}

TEST(Model, SurvivesItsFile) {
  const test::TempFolder folder;
  const auto model = trained_model();
  save_model(folder / "model.safetensors", model);
  EXPECT_TRUE(model.encoder->is_training());
  for (const auto& path : {folder / "model.safetensors", folder.path()}) {  // the file, and the run directory
    auto loaded = load_model(path);
    EXPECT_EQ(loaded.encoder_name, "convnet");
    EXPECT_EQ(loaded.encoder_options, model.encoder_options);
    EXPECT_EQ(loaded.provenance, model.provenance);
    auto a = loaded.preprocess, b = model.preprocess;
    EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
    const auto ours = test::all_tensors(*loaded.encoder), theirs = test::all_tensors(*model.encoder);
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(torch::equal(ours[i].second, theirs[i].second)) << ours[i].first;
  }
  save_model(folder / "again", load_model(folder.path()));
  EXPECT_EQ(read_file(folder / "again"), read_file(folder / "model.safetensors"));
}

TEST(Model, EveryFamilySurvives) {
  const test::TempFolder folder;
  for (const char* name : {"convnet", "mlp", "resnet18"}) {
    const auto model = make_model(name, {}, grey(8), 1);
    save_model(folder / "m", model);
    EXPECT_EQ(load_model(folder / "m").encoder->out_dim(), model.encoder->out_dim()) << name;
  }
}

TEST(Model, VectorsToo) {
  const test::TempFolder folder;
  Preprocess p;
  p.modality = "vector";
  p.features = 7;
  save_model(folder / "m", make_model("mlp", config_of("hidden = [5]"), p, 1));
  EXPECT_EQ(load_model(folder / "m").encoder->forward(torch::ones({2, 7})).size(1), 5);
}

TEST(Model, TheSeedDecidesTheWeights) {
  const auto a = make_model("convnet", {}, grey(8), 1), b = make_model("convnet", {}, grey(8), 1),
             c = make_model("convnet", {}, grey(8), 2);
  EXPECT_TRUE(torch::equal(a.encoder->parameters()[0], b.encoder->parameters()[0]));
  EXPECT_FALSE(torch::equal(a.encoder->parameters()[0], c.encoder->parameters()[0]));
}

TEST(Model, RefusesUnknownNamesAndOptions) {
  EXPECT_THROW(make_model("convnetz", {}, grey(8), 1), InvalidArgument);
  EXPECT_THROW(make_model("convnet", config_of("widht = 4"), grey(8), 1), InvalidArgument);
  EXPECT_THROW(make_model("convnet", config_of("width = 0"), grey(8), 1), InvalidArgument);
}

TEST(Model, ABrokenModelIsNotSaved) {
  const test::TempFolder folder;
  auto model = trained_model();
  torch::NoGradGuard no_grad;
  model.encoder->named_parameters()["conv2.weight"][0][0][0][0] = std::nanf("");
  EXPECT_THAT([&] { save_model(folder / "m", model); }, ThrowsMessage<NonFinite>(HasSubstr("conv2.weight")));
  model.encoder->named_parameters()["conv2.weight"].fill_(3e38);  // finite weights, infinite embeddings
  EXPECT_THAT([&] { save_model(folder / "m", model); }, ThrowsMessage<NonFinite>(HasSubstr("embeddings")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

class ChangedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    save_model(path_, trained_model());
    file_ = load_tensors(path_);
  }
  void refused(const std::string& message) {
    save_tensors(path_, file_);
    EXPECT_THAT([&] { load_model(path_); }, ThrowsMessage<Corruption>(HasSubstr(message)));
    SetUp();
  }
  at::Tensor& tensor(const std::string& name) {
    for (auto& [key, value] : file_.tensors)
      if (key == name) return value;
    throw std::logic_error(name);
  }
  test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "model.safetensors";
  TensorFile file_;
};

TEST_F(ChangedFile, Weights) {
  tensor("conv3.weight").mul_(1.01);
  refused("expected golden embeddings within 0.0001 of their norm, got row");
  tensor("bn4.running_mean").add_(0.01);
  refused("golden embeddings");
  tensor("conv3.weight").fill_(std::nanf(""));
  refused("golden embeddings");
  tensor("conv3.weight") = torch::zeros({2, 2});
  refused("expected \"conv3.weight\" of shape");
  tensor("conv3.weight") = tensor("conv3.weight").to(torch::kHalf);
  refused("expected \"conv3.weight\" of shape");
  file_.tensors.erase(file_.tensors.begin());
  refused("expected a tensor \"conv1.weight\", got none");
  file_.tensors.emplace_back("fc.weight", torch::zeros({2}));
  refused("got also \"fc.weight\"");
}

// A change within the tolerance, as another engine's rounding makes, passes.
TEST_F(ChangedFile, RoundingPasses) {
  tensor("conv3.weight").mul_(1 + 1e-6);
  save_tensors(path_, file_);
  EXPECT_NO_THROW(load_model(path_));
}

TEST_F(ChangedFile, Metadata) {
  file_.metadata.clear();
  refused("expected a kindred model");
  file_.metadata["kindred_model"] = "2";
  refused("expected a model of format 1, got 2");
  for (const char* key : {"encoder", "encoder_options", "preprocess", "input_shape", "out_dim", "golden"}) {
    file_.metadata.erase(key);
    refused(std::string("expected the metadata \"") + key + "\", got none");
  }
  file_.metadata["encoder"] = "convnett";
  refused("convnet");
  file_.metadata["encoder_options"] = "width = -3";
  refused("width");
  file_.metadata["encoder_options"] = "width =";
  refused("encoder_options");
  file_.metadata["encoder_options"] = "width = 8";
  refused("out_dim");
  file_.metadata["preprocess"] = "[]";
  refused("preprocess");
  file_.metadata["preprocess"] = R"({"modality":"smell"})";
  refused("smell");
  file_.metadata["input_shape"] = "[1,13,12]";
  refused("input_shape");
  file_.metadata["out_dim"] = "33";
  refused("expected out_dim 32, got 33");
  file_.metadata["golden"] = "{}";
  refused("golden embeddings: expected a seed");
}

TEST(Model, SaysWhatIsMissing) {
  const test::TempFolder folder;
  EXPECT_THROW(load_model(folder.path()), IoError);  // a folder without model.safetensors
  EXPECT_THROW(load_model(folder / "absent"), IoError);
}

}  // namespace
}  // namespace kindred
