// SPDX-License-Identifier: Apache-2.0
// mlp: an encoder for vectors, and for images taken as vectors.
//
//   x -> flatten -> (linear -> batch norm -> ReLU) per entry of `hidden` -> [B, hidden.back()]
//
// Linear layers carry no bias: the norm after them has one.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <vector>

#include "kindred/core/error.h"
#include "kindred/nn/encoder_list.h"
#include "kindred/nn/norm_layer.h"

namespace kindred {
namespace {

struct MlpOptions {
  std::vector<int64_t> hidden = {512, 512};
};
void visit_fields(FieldList& v, MlpOptions& o) {
  v("hidden", o.hidden, "units of each layer; the last is the width of the representation", between(1, 16384));
}

class Mlp final : public Encoder {
 public:
  Mlp(const MlpOptions& options, int64_t features) : features_(features) {
    int64_t in = features;
    for (size_t i = 0; i < options.hidden.size(); ++i) {
      const int64_t out = options.hidden[i];
      const auto number = std::to_string(i + 1);
      auto linear = torch::nn::LinearOptions(in, out).bias(false);
      linear_.push_back(register_module("linear" + number, torch::nn::Linear(linear)));
      norm_.push_back(register_module("bn" + number, torch::nn::BatchNorm1d(out)));
      in = out;
    }
    out_dim_ = in;
  }

  bool any_size() const override { return false; }

  torch::Tensor forward(const torch::Tensor& x) override {
    check(x.dim() >= 2, "mlp: expected rows [B, ...], got ", x.sizes());
    auto h = x.flatten(1);  // [B, F]
    check(h.size(1) == features_, "mlp: expected rows of ", features_, " numbers, got ", x.sizes());
    for (size_t i = 0; i < linear_.size(); ++i) h = norm_layer(norm_[i], linear_[i](h));  // [B, hidden[i]]
    return h;
  }

 private:
  int64_t features_;
  std::vector<torch::nn::Linear> linear_;
  std::vector<torch::nn::BatchNorm1d> norm_;
};

EncoderPtr make_mlp(const MlpOptions& options, const InputShape& shape) {
  MlpOptions checked = options;
  check_fields(fields_of(checked), "mlp");
  check(!checked.hidden.empty() && checked.hidden.size() <= 32, "mlp: expected 1 to 32 widths in hidden, got ",
        checked.hidden.size());
  const int64_t features = sample_numbers("mlp", shape);
  check(features <= kMostNumbers / checked.hidden[0], "mlp: expected a first layer of at most ", kMostNumbers,
        " weights, got ", features, " x ", checked.hidden[0]);
  return std::make_shared<Mlp>(checked, features);
}

}  // namespace

std::unique_ptr<EncoderRecipe> mlp_recipe() { return make_recipe(&make_mlp); }

}  // namespace kindred
