// SPDX-License-Identifier: Apache-2.0
// resnet18, resnet34, resnet50: residual networks without the classifier.
//
// Source: He et al. 2016, arXiv:1512.03385, table 1; in the 50-layer network the stride sits in the 3x3 convolution
// ("v1.5"), as in torchvision, whose parameter names and shapes these are (without fc.*).
// Departs: the `small` stem (3x3 stride 1, no max-pool) of SimCLR's CIFAR-10 runs, arXiv:2002.05709 appendix B.9.
#include <torch/nn/functional/pooling.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kindred/nn/conv_layer.h"
#include "kindred/nn/encoder_list.h"
#include "kindred/nn/layout.h"
#include "kindred/nn/norm_layer.h"

namespace kindred {
namespace {

constexpr auto kLayout = at::MemoryFormat::ChannelsLast;
constexpr int64_t kSmallSide = 64;  // stem = auto: up to this side the small stem

struct ResnetOptions {
  std::string stem = "auto";
  bool zero_init_residual = false;
};
void visit_fields(FieldList& v, ResnetOptions& o) {
  v("stem", o.stem,
    "first layer: small (3x3, keeps the size), imagenet (7x7 stride 2 and max-pool), auto (small up to 64 pixels)",
    {"auto", "small", "imagenet"});
  v("zero_init_residual", o.zero_init_residual,
    "start the last norm of each block at 0, so that every block starts as the identity");
}

// What tells the three networks apart.
struct Depth {
  const char* name;
  std::array<int64_t, 4> blocks;
  bool bottleneck;  // 1x1 - 3x3 - 1x1 with four times the channels out, instead of 3x3 - 3x3
};
constexpr Depth kResnet18{"resnet18", {2, 2, 2, 2}, false};
constexpr Depth kResnet34{"resnet34", {3, 4, 6, 3}, false};
constexpr Depth kResnet50{"resnet50", {3, 4, 6, 3}, true};

torch::nn::Conv2d conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

// One residual block:  y = ReLU(x' + norm(conv(... ReLU(norm(conv x))))),  x' = x or its 1x1 projection.
class Block final : public torch::nn::Module {
 public:
  Block(int64_t in, int64_t width, int64_t stride, bool bottleneck) {
    const int64_t out = bottleneck ? 4 * width : width;
    if (bottleneck) {
      add(in, width, 1, 1);
      add(width, width, 3, stride);
      add(width, out, 1, 1);
    } else {
      add(in, width, 3, stride);
      add(width, out, 3, 1);
    }
    if (stride != 1 || in != out) {
      shortcut_conv_ = conv(in, out, 1, stride);
      shortcut_norm_ = torch::nn::BatchNorm2d(out);
      register_module("downsample", torch::nn::Sequential(shortcut_conv_, shortcut_norm_));
    }
  }

  torch::Tensor forward(const torch::Tensor& x) {
    auto h = x;
    for (size_t i = 0; i + 1 < conv_.size(); ++i) h = norm_layer(norm_[i], conv_layer(conv_[i], h));
    return norm_layer(norm_.back(), conv_layer(conv_.back(), h), true, shortcut(x));
  }

  torch::Tensor last_scale() const { return norm_.back()->weight; }

 private:
  torch::Tensor shortcut(const torch::Tensor& x) {
    return shortcut_conv_.is_empty() ? x : norm_layer(shortcut_norm_, shortcut_conv_(x), false);
  }

  void add(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    const auto number = std::to_string(conv_.size() + 1);
    conv_.push_back(register_module("conv" + number, conv(in, out, kernel, stride)));
    norm_.push_back(register_module("bn" + number, torch::nn::BatchNorm2d(out)));
  }

  std::vector<torch::nn::Conv2d> conv_;
  std::vector<torch::nn::BatchNorm2d> norm_;
  torch::nn::Conv2d shortcut_conv_{nullptr};
  torch::nn::BatchNorm2d shortcut_norm_{nullptr};
};

class Resnet final : public Encoder {
 public:
  Resnet(const Depth& depth, const ResnetOptions& options, const InputShape& shape)
      : name_(depth.name), channels_(shape[0]), zero_init_residual_(options.zero_init_residual) {
    small_ = options.stem == "small" || (options.stem == "auto" && std::max(shape[1], shape[2]) <= kSmallSide);
    conv1_ = register_module("conv1", small_ ? conv(channels_, 64, 3, 1) : conv(channels_, 64, 7, 2));
    bn1_ = register_module("bn1", torch::nn::BatchNorm2d(64));
    int64_t in = 64;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const int64_t width = int64_t{64} << i;
      torch::nn::Sequential layer;
      for (int64_t block = 0; block < depth.blocks[i]; ++block) {
        layer->push_back(std::make_shared<Block>(in, width, i > 0 && block == 0 ? 2 : 1, depth.bottleneck));
        in = depth.bottleneck ? 4 * width : width;
      }
      layers_[i] = register_module("layer" + std::to_string(i + 1), layer);
    }
    out_dim_ = in;
    set_layout(*this, kLayout);
    after_init();
  }

  torch::Tensor forward(const torch::Tensor& x) override {
    check_image_batch(name_, x, channels_);
    auto h = norm_layer(bn1_, conv1_(in_layout(x, kLayout)));
    if (!small_) h = torch::max_pool2d(h, 3, 2, 1);
    for (auto& layer : layers_) h = layer->forward(h);
    return h.mean({2, 3});  // [B, 512] or [B, 2048]
  }

  void after_init() override {
    if (!zero_init_residual_) return;
    torch::NoGradGuard no_grad;
    for (auto& layer : layers_)
      for (const auto& block : layer->children()) block->as<Block>()->last_scale().zero_();
  }

 private:
  std::string name_;
  int64_t channels_;
  bool zero_init_residual_, small_ = false;
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::array<torch::nn::Sequential, 4> layers_{nullptr, nullptr, nullptr, nullptr};
};

template <const Depth& depth>
EncoderPtr make_resnet(const ResnetOptions& options, const InputShape& shape) {
  ResnetOptions checked = options;
  check_fields(fields_of(checked), depth.name);
  check_image_shape(depth.name, shape);
  return std::make_shared<Resnet>(depth, checked, shape);
}

}  // namespace

std::unique_ptr<EncoderRecipe> resnet18_recipe() { return make_recipe(&make_resnet<kResnet18>); }
std::unique_ptr<EncoderRecipe> resnet34_recipe() { return make_recipe(&make_resnet<kResnet34>); }
std::unique_ptr<EncoderRecipe> resnet50_recipe() { return make_recipe(&make_resnet<kResnet50>); }

}  // namespace kindred
