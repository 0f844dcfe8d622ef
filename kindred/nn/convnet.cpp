// SPDX-License-Identifier: Apache-2.0
// convnet: a small encoder for small images.
//
//   x -> (conv 3x3 stride 2 -> batch norm -> ReLU) x 4 -> mean over positions -> [B, 8 width]
//
// Channels width, 2 width, 4 width, 8 width (32 to 256). Convolutions carry no bias: the norm after them has one.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>
#include <string>

#include "kindred/nn/conv_layer.h"
#include "kindred/nn/encoder_list.h"
#include "kindred/nn/layout.h"
#include "kindred/nn/norm_layer.h"

namespace kindred {
namespace {

constexpr auto kLayout = at::MemoryFormat::ChannelsLast;

struct ConvnetOptions {
  int64_t width = 32;
};
void visit_fields(FieldList& v, ConvnetOptions& o) {
  v("width", o.width, "channels of the first layer; the last has 8 times as many", between(1, 1024));
}

class Convnet final : public Encoder {
 public:
  Convnet(const ConvnetOptions& options, int64_t channels) : channels_(channels) {
    int64_t in = channels;
    for (size_t i = 0; i < conv_.size(); ++i) {
      const int64_t out = options.width << i;
      const auto number = std::to_string(i + 1);
      auto convolution = torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1).bias(false);
      conv_[i] = register_module("conv" + number, torch::nn::Conv2d(convolution));
      norm_[i] = register_module("bn" + number, torch::nn::BatchNorm2d(out));
      in = out;
    }
    out_dim_ = in;
    set_layout(*this, kLayout);
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    check_image_batch("convnet", x, channels_);
    auto h = in_layout(x, kLayout);
    for (size_t i = 0; i < conv_.size(); ++i)
      h = norm_layer(norm_[i], conv_layer(conv_[i], h));  // [B, width 2^i, H / 2^(i+1), W / 2^(i+1)]
    return h.mean({2, 3});                                // [B, 8 width]
  }

 private:
  int64_t channels_;
  std::array<torch::nn::Conv2d, 4> conv_{nullptr, nullptr, nullptr, nullptr};
  std::array<torch::nn::BatchNorm2d, 4> norm_{nullptr, nullptr, nullptr, nullptr};
};

EncoderPtr make_convnet(const ConvnetOptions& options, const InputShape& shape) {
  ConvnetOptions checked = options;
  check_fields(fields_of(checked), "convnet");
  check_image_shape("convnet", shape);
  return std::make_shared<Convnet>(checked, shape[0]);
}

}  // namespace

std::unique_ptr<EncoderRecipe> convnet_recipe() { return make_recipe(&make_convnet); }

}  // namespace kindred
