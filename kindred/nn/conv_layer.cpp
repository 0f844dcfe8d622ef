// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/conv_layer.h"

#include "kindred/ops/patch_convolution.h"

namespace kindred {
namespace {

// By measurement (docs/perf.md): with few positions and many channels oneDNN is slower, most of all in the weight's gradient.
constexpr int64_t kFewPositions = 16, kManyChannels = 64;

// Square, dense, from few positions to few. (get_if and its like are those of the variant: c10's in LibTorch 1.13, std's later.)
bool as_patches(const torch::nn::Conv2dImpl& convolution, const torch::Tensor& x) {
  const auto& o = convolution.options;
  const auto* padding = get_if<torch::ExpandingArray<2>>(&o.padding());
  if (padding == nullptr || o.bias() || o.groups() != 1 ||
      !holds_alternative<torch::enumtype::kZeros>(o.padding_mode()))
    return false;
  const int64_t kernel = (*o.kernel_size())[0], stride = (*o.stride())[0], border = (**padding)[0];
  if ((*o.kernel_size())[1] != kernel || (*o.stride())[1] != stride || (**padding)[1] != border ||
      (*o.dilation())[0] != 1 || (*o.dilation())[1] != 1 || kernel == 1)
    return false;
  const auto& weight = convolution.weight;
  if (!x.device().is_cpu() || x.dim() != 4 || x.scalar_type() != torch::kFloat32 ||
      weight.scalar_type() != torch::kFloat32 || x.size(1) != weight.size(1) || x.size(0) == 0)
    return false;
  const int64_t rows = (x.size(2) + 2 * border - kernel) / stride + 1,
                columns = (x.size(3) + 2 * border - kernel) / stride + 1;
  return x.size(1) >= kManyChannels && rows >= 1 && columns >= 1 && rows * columns <= kFewPositions;
}

}  // namespace

torch::Tensor conv_layer(torch::nn::Conv2d& convolution, const torch::Tensor& x) {
  if (!as_patches(*convolution, x)) return convolution(x);
  const auto& o = convolution->options;
  const auto& padding = get<torch::ExpandingArray<2>>(o.padding());
  return patch_convolution(x, convolution->weight, (*o.stride())[0], (*padding)[0]);
}

}  // namespace kindred
