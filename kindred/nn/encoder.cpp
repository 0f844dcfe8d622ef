// SPDX-License-Identifier: Apache-2.0
// The registry of encoders.
#include "kindred/nn/encoder.h"

#include <algorithm>
#include <array>

#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/nn/encoder_list.h"

namespace kindred {
namespace {

constexpr std::array kRows{
    EncoderRow{"convnet", "four 3x3 stride-2 convolutions with batch norm, pooled; small images, fast on a CPU",
               convnet_recipe},
    EncoderRow{"mlp", "linear layers with batch norm, for vectors and flattened images", mlp_recipe},
    EncoderRow{"resnet18", "residual network, 18 layers, 512 outputs", resnet18_recipe},
    EncoderRow{"resnet34", "residual network, 34 layers, 512 outputs", resnet34_recipe},
    EncoderRow{"resnet50", "residual network, 50 layers, 2048 outputs", resnet50_recipe},
};
static_assert(std::ranges::is_sorted(kRows, std::ranges::less_equal{}, &EncoderRow::name),
              "sorted by name, no name twice");

}  // namespace

std::span<const EncoderRow> encoder_rows() { return kRows; }

const EncoderRow& find_encoder(std::string_view name) {
  const auto row = std::ranges::find(kRows, name, &EncoderRow::name);
  if (row != kRows.end()) return *row;
  std::vector<std::string> names;
  for (const auto& known : kRows) names.emplace_back(known.name);
  throw InvalidArgument(unknown_name("encoder", "name", name, names));
}

int64_t sample_numbers(std::string_view who, const InputShape& shape) {
  int64_t count = shape.empty() ? 0 : 1;
  for (const int64_t side : shape) count = side >= 1 && count >= 1 && side <= kMostNumbers / count ? count * side : 0;
  check(count >= 1, who, ": expected an input of 1 to ", kMostNumbers, " numbers, got shape ", at::IntArrayRef(shape));
  return count;
}

void check_image_shape(std::string_view who, const InputShape& shape) {
  check(shape.size() == 3, who, ": expected an input of shape [C, H, W], got ", at::IntArrayRef(shape));
  sample_numbers(who, shape);
  check(shape[0] <= kMostChannels, who, ": expected an input of at most ", kMostChannels, " channels, got ", shape[0]);
}

void check_image_batch(std::string_view who, const torch::Tensor& x, int64_t channels) {
  check(x.dim() == 4 && x.size(1) == channels, who, ": expected images [B, ", channels, ", H, W], got ", x.sizes());
}

}  // namespace kindred
