// SPDX-License-Identifier: Apache-2.0
// Proves: parameter names and shapes are torchvision's; outputs in both modes, both stems, 18 and 50 layers are
// torchvision's for the same weights. Oracle: tests/golden/make_nn.py.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

constexpr double kEngines = 2e-4;  // float32 of two builds through 50 layers; of the rows' norm

uint64_t fnv1a(const std::string& text) {
  uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

// The rule of make_nn.py: number i of a name is 24 bits of mix64(hash + i).
double uniform(const std::string& name, int64_t i) {
  return static_cast<double>(mix64(fnv1a(name) + static_cast<uint64_t>(i)) >> 40) * 0x1p-24;
}

void fill_by_rule(const std::string& name, const torch::Tensor& tensor) {
  if (tensor.dim() == 0) return;
  auto values = torch::empty(tensor.sizes(), torch::kFloat32);
  for (int64_t i = 0; i < values.numel(); ++i) {
    const double u = uniform(name, i);
    double value = 0.2 * (u - 0.5);
    if (tensor.dim() == 4)
      value = (2 * u - 1) * std::sqrt(6.0 / static_cast<double>(tensor.size(1) * tensor.size(2) * tensor.size(3)));
    else if (name.ends_with("weight") || name.ends_with("running_var")) value = 0.5 + u;
    values.data_ptr<float>()[i] = static_cast<float>(value);
  }
  torch::NoGradGuard no_grad;
  torch::Tensor(tensor).copy_(values);
}

void compare(const torch::Tensor& out, const nlohmann::json& expected) {
  const auto z = out.detach().to(torch::kFloat64);
  for (int64_t row = 0; row < 2; ++row) {
    const auto r = static_cast<size_t>(row);
    const double norm = expected["norms"][r];
    EXPECT_NEAR(z[row].norm().item<double>(), norm, kEngines * norm);
    EXPECT_NEAR(z[row].sum().item<double>(), expected["sums"][r].get<double>(), kEngines * norm * std::sqrt(z.size(1)));
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_NEAR(z[row][i].item<double>(), expected["first"][r][static_cast<size_t>(i)].get<double>(),
                  kEngines * norm / 4)
          << i;
  }
}

TEST(Resnet, OutputsAreTorchvisions) {
  for (const auto& c : test::golden_json("nn_resnet.json")) {
    SCOPED_TRACE(c["network"].get<std::string>() + " " + c["stem"].get<std::string>());
    const int64_t side = c["side"];
    const auto encoder = test::make_encoder(c["network"].get<std::string>(), {3, side, side},
                                            "stem = \"" + c["stem"].get<std::string>() + "\"");
    for (const auto& [name, tensor] : test::all_tensors(*encoder)) fill_by_rule(name, tensor);
    auto images = torch::empty({2, 3, side, side});
    for (int64_t i = 0; i < images.numel(); ++i)
      images.data_ptr<float>()[i] = static_cast<float>(2 * uniform("input", i) - 1);
    torch::NoGradGuard no_grad;
    encoder->eval();
    compare(encoder->forward(images), c["expected"]["eval"]);
    encoder->train();
    compare(encoder->forward(images), c["expected"]["train"]);
    const auto buffers = encoder->named_buffers();
    const auto last = c["network"] == "resnet18" ? "layer4.1.bn2.running_mean" : "layer4.2.bn2.running_mean";
    for (int64_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(buffers[last][i].item<double>(), c["expected"]["running_mean"][static_cast<size_t>(i)].get<double>(),
                  1e-3);
      EXPECT_NEAR(buffers["bn1.running_var"][i].item<double>(),
                  c["expected"]["running_var"][static_cast<size_t>(i)].get<double>(), 1e-4);
    }
  }
}

TEST(Resnet, NamesAndShapesAreTorchvisions) {
  std::set<std::string> expected, ours;
  std::ifstream in(test::golden_path("nn_resnet_parameters.txt"));
  for (std::string line; std::getline(in, line);) expected.insert(line);
  for (const std::string name : {"resnet18", "resnet34", "resnet50"})
    for (const auto& [key, tensor] : test::all_tensors(*find_encoder(name).recipe()->make({3, 224, 224})))
      ours.insert(concat(name, " ", key, " ", nlohmann::json(tensor.sizes().vec()).dump()));
  EXPECT_EQ(ours.size(), 120u + 216u + 318u);
  EXPECT_EQ(ours, expected);
}

TEST(Resnet, AutoStemFollowsTheSize) {
  const auto kernel = [](int64_t side, const std::string& toml) {
    return test::make_encoder("resnet18", {1, 8, side}, toml)->named_parameters()["conv1.weight"].size(2);
  };
  EXPECT_EQ(kernel(64, ""), 3);
  EXPECT_EQ(kernel(65, ""), 7);
  EXPECT_EQ(kernel(96, "stem = \"small\""), 3);
  EXPECT_EQ(kernel(32, "stem = \"imagenet\""), 7);
  EXPECT_THROW(kernel(32, "stem = \"large\""), InvalidArgument);
}

// With the last norm of each block at 0 a block is ReLU(its shortcut).
TEST(Resnet, ZeroInitMakesBlocksTheirShortcut) {
  for (const char* name : {"resnet18", "resnet50"}) {
    const auto encoder = test::make_encoder(name, {3, 16, 16}, "zero_init_residual = true");
    const auto last = std::string(name) == "resnet18" ? ".bn2.weight" : ".bn3.weight";
    int zeros = 0;
    for (const auto& item : encoder->named_parameters())
      if (item.value().dim() == 1 && item.key().ends_with("weight")) {
        const bool zero = item.value().abs().max().item<float>() == 0;
        EXPECT_EQ(zero, item.key().ends_with(last)) << item.key();
        zeros += zero;
      }
    EXPECT_EQ(zeros, std::string(name) == "resnet18" ? 8 : 16);
  }
}

}  // namespace
}  // namespace kindred
