// SPDX-License-Identifier: Apache-2.0
// Proves: convnet against the same layers written as plain double loops, in evaluation and training mode.
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

// Images as [B][C][H][W] in double.
struct Maps {
  int64_t b, c, h, w;
  std::vector<double> values;
  double& at(int64_t i, int64_t j, int64_t y, int64_t x) {
    return values[static_cast<size_t>(((i * c + j) * h + y) * w + x)];
  }
  double padded(int64_t i, int64_t j, int64_t y, int64_t x) {
    return y < 0 || x < 0 || y >= h || x >= w ? 0 : at(i, j, y, x);
  }
};
Maps maps(int64_t b, int64_t c, int64_t h, int64_t w) {
  return {b, c, h, w, std::vector<double>(static_cast<size_t>(b * c * h * w))};
}

Maps convolve(Maps in, const torch::Tensor& weight) {  // 3x3, stride 2, one pixel of padding
  const auto k = weight.detach().to(torch::kFloat64).contiguous();
  Maps out = maps(in.b, k.size(0), (in.h + 1) / 2, (in.w + 1) / 2);
  for (int64_t i = 0; i < out.b; ++i)
    for (int64_t o = 0; o < out.c; ++o)
      for (int64_t y = 0; y < out.h; ++y)
        for (int64_t x = 0; x < out.w; ++x)
          for (int64_t c = 0; c < in.c; ++c)
            for (int64_t dy = 0; dy < 3; ++dy)
              for (int64_t dx = 0; dx < 3; ++dx)
                out.at(i, o, y, x) += in.padded(i, c, 2 * y + dy - 1, 2 * x + dx - 1) *
                                      k.data_ptr<double>()[((o * in.c + c) * 3 + dy) * 3 + dx];
  return out;
}

void norm_relu(Maps& m, int64_t channel, double mean, double variance, double scale, double shift) {
  for (int64_t i = 0; i < m.b; ++i)
    for (int64_t y = 0; y < m.h; ++y)
      for (int64_t x = 0; x < m.w; ++x) {
        double& v = m.at(i, channel, y, x);
        v = std::max(0.0, (v - mean) / std::sqrt(variance + 1e-5) * scale + shift);
      }
}

std::pair<double, double> moments(Maps& m, int64_t channel) {
  const auto n = static_cast<double>(m.b * m.h * m.w);
  double mean = 0, variance = 0;
  for (const bool second : {false, true})
    for (int64_t i = 0; i < m.b; ++i)
      for (int64_t y = 0; y < m.h; ++y)
        for (int64_t x = 0; x < m.w; ++x)
          if (second) variance += (m.at(i, channel, y, x) - mean) * (m.at(i, channel, y, x) - mean) / n;
          else mean += m.at(i, channel, y, x) / n;
  return {mean, variance};
}

torch::Tensor reference(const Encoder& encoder, const torch::Tensor& x, bool training) {
  const auto p = encoder.named_parameters();
  const auto b = encoder.named_buffers();
  Maps h = maps(x.size(0), x.size(1), x.size(2), x.size(3));
  for (size_t i = 0; i < h.values.size(); ++i) h.values[i] = x.data_ptr<float>()[i];
  for (int layer = 1; layer <= 4; ++layer) {
    const auto n = "bn" + std::to_string(layer);
    h = convolve(h, p["conv" + std::to_string(layer) + ".weight"]);
    for (int64_t c = 0; c < h.c; ++c) {
      auto [mean, variance] = moments(h, c);
      if (!training)
        mean = b[n + ".running_mean"][c].item<double>(), variance = b[n + ".running_var"][c].item<double>();
      norm_relu(h, c, mean, variance, p[n + ".weight"][c].item<double>(), p[n + ".bias"][c].item<double>());
    }
  }
  auto out = torch::zeros({h.b, h.c}, torch::kFloat64);
  for (int64_t i = 0; i < h.b; ++i)
    for (int64_t c = 0; c < h.c; ++c)
      for (int64_t y = 0; y < h.h; ++y)
        for (int64_t xx = 0; xx < h.w; ++xx)
          out.data_ptr<double>()[i * h.c + c] += h.at(i, c, y, xx) / static_cast<double>(h.h * h.w);
  return out;
}

TEST(Convnet, EqualsPlainLoops) {
  for (const int64_t channels : {1, 3}) {
    const auto encoder = test::make_encoder("convnet", {channels, 19, 28}, "width = 4");
    torch::NoGradGuard no_grad;
    uint64_t stream = 10;
    for (auto& item : encoder->named_parameters())
      if (item.value().dim() == 1) item.value().add_(test::normal_tensor({item.value().size(0)}, ++stream), 0.2);
    for (auto& item : encoder->named_buffers())
      if (item.value().dim() == 1) item.value().add_(test::normal_tensor({item.value().size(0)}, ++stream).abs(), 0.2);
    const auto x = test::normal_tensor({5, channels, 19, 28}, 3);
    EXPECT_EQ(encoder->out_dim(), 32);
    encoder->eval();
    const auto expected = reference(*encoder, x, false);  // before the forward in training mode moves the statistics
    EXPECT_LT(test::relative_gap(encoder->forward(x), expected), 1e-5);  // float32 against float64
    encoder->train();
    const auto expected_in_training = reference(*encoder, x, true);
    EXPECT_LT(test::relative_gap(encoder->forward(x), expected_in_training), 1e-5);
  }
}

TEST(Convnet, WidthSetsAllChannels) {
  const auto encoder = test::make_encoder("convnet", {1, 28, 28});
  EXPECT_EQ(encoder->out_dim(), 256);
  EXPECT_EQ(encoder->named_parameters()["conv4.weight"].sizes(), (std::vector<int64_t>{256, 128, 3, 3}));
  EXPECT_EQ(test::make_encoder("convnet", {1, 28, 28}, "width = 8")->out_dim(), 64);
  EXPECT_THROW(test::make_encoder("convnet", {1, 28, 28}, "width = 0"), InvalidArgument);
  EXPECT_THROW(test::make_encoder("convnet", {784}), InvalidArgument);
}

TEST(Convnet, TakesOtherSizesThanItWasMadeFor) {
  const auto encoder = test::make_encoder("convnet", {3, 32, 32});
  encoder->eval();
  for (const int64_t side : {1, 7, 48})
    EXPECT_EQ(encoder->forward(test::normal_tensor({2, 3, side, side}, 4)).size(1), 256);
}

}  // namespace
}  // namespace kindred
