// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/decoder.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cmath>
#include <string>

#include "kindred/core/error.h"

namespace kindred {
namespace {

class VectorDecoder final : public Decoder {
 public:
  VectorDecoder(int64_t in, int64_t features, int64_t hidden)
      : layers_(register_module(
            "layers", torch::nn::Sequential(torch::nn::Linear(torch::nn::LinearOptions(in, hidden).bias(false)),
                                            torch::nn::BatchNorm1d(hidden), torch::nn::ReLU(),
                                            torch::nn::Linear(hidden, features)))) {}
  torch::Tensor forward(const torch::Tensor& h) override { return layers_->forward(h); }

 private:
  torch::nn::Sequential layers_;
};

class ImageDecoder final : public Decoder {
 public:
  ImageDecoder(int64_t in, const InputShape& shape, int64_t width)
      : channels_(4 * width),
        height_(shape[1]),
        width_(shape[2]),
        rows_((height_ + 7) / 8),
        columns_((width_ + 7) / 8) {
    linear_ = register_module(
        "linear", torch::nn::Linear(torch::nn::LinearOptions(in, channels_ * rows_ * columns_).bias(false)));
    const std::array<int64_t, 4> channels{channels_, 2 * width, width, shape[0]};
    for (size_t i = 0; i < conv_.size(); ++i) {
      const auto number = std::to_string(i + 1);
      auto convolution = torch::nn::Conv2dOptions(channels[i], channels[i + 1], 3).padding(1);
      norm_[i] = register_module("bn" + number, torch::nn::BatchNorm2d(channels[i]));
      conv_[i] = register_module("conv" + number, torch::nn::Conv2d(convolution.bias(i + 1 == conv_.size())));
    }
  }

  // From He's 2 / fan_out to 1 / fan_in.
  void calm_last_layer() {
    torch::NoGradGuard no_grad;
    auto& weight = conv_.back()->weight;  // [out, in, 3, 3]
    weight *= std::sqrt(static_cast<double>(weight.size(0)) / (2 * static_cast<double>(weight.size(1))));
  }

  torch::Tensor forward(const torch::Tensor& h) override {
    auto x = linear_(h).view({h.size(0), channels_, rows_, columns_});
    for (size_t i = 0; i < conv_.size(); ++i) x = conv_[i](twice_the_size(norm_[i](x).relu_()));
    return x.narrow(2, 0, height_).narrow(3, 0, width_);  // [B, C, H, W]
  }

 private:
  // Nearest neighbour.
  static torch::Tensor twice_the_size(const torch::Tensor& x) {
    const auto b = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
    return x.view({b, c, h, 1, w, 1}).expand({b, c, h, 2, w, 2}).reshape({b, c, 2 * h, 2 * w});
  }

  int64_t channels_, height_, width_, rows_, columns_;
  torch::nn::Linear linear_{nullptr};
  std::array<torch::nn::BatchNorm2d, 3> norm_{nullptr, nullptr, nullptr};
  std::array<torch::nn::Conv2d, 3> conv_{nullptr, nullptr, nullptr};
};

}  // namespace

void visit_fields(FieldList& v, DecoderOptions& o) {
  v("width", o.width, "images: channels of the decoder's last hidden layer, a quarter of its first", between(1, 1024));
  v("hidden", o.hidden, "vectors: units of the decoder's hidden layer", between(1, 65536));
}

DecoderPtr make_decoder(int64_t in, const InputShape& shape, const DecoderOptions& options, uint64_t seed) {
  DecoderOptions o = options;
  check_fields(fields_of(o), "decoder");
  check(in >= 1, "decoder: expected an input width >= 1, got ", in);
  check(shape.size() == 1 || shape.size() == 3, "decoder: expected samples [F] or [C, H, W], got ",
        at::IntArrayRef(shape));
  if (shape.size() == 1) {
    const auto decoder = std::make_shared<VectorDecoder>(in, shape[0], o.hidden);
    init_weights(*decoder, seed);
    return decoder;
  }
  const auto decoder = std::make_shared<ImageDecoder>(in, shape, o.width);
  init_weights(*decoder, seed);
  decoder->calm_last_layer();
  return decoder;
}

}  // namespace kindred
