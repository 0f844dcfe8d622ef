// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/patch_convolution.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

// What a convolution's patches look like.
struct Patches {
  int64_t images, channels, height, width;  // of x
  int64_t tall, wide, stride, padding;      // of the kernel
  int64_t rows, columns;                    // of y

  Patches(at::IntArrayRef x, at::IntArrayRef weight, int64_t step, int64_t border)
      : images(x[0]),
        channels(x[1]),
        height(x[2]),
        width(x[3]),
        tall(weight[2]),
        wide(weight[3]),
        stride(step),
        padding(border),
        rows((height + 2 * border - tall) / step + 1),
        columns((width + 2 * border - wide) / step + 1) {}

  int64_t positions() const { return images * rows * columns; }
  int64_t depth() const { return tall * wide * channels; }

  // body(offset in x or -1 on the border, offset in the patches) for each tap of image b.
  template <class Body>
  void each_tap(int64_t b, const Body& body) const {
    int64_t to = b * rows * columns * depth();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        for (int64_t dy = 0; dy < tall; ++dy)
          for (int64_t dx = 0; dx < wide; ++dx, to += channels) {
            const int64_t y = i * stride + dy - padding, x = j * stride + dx - padding;
            const bool inside = y >= 0 && y < height && x >= 0 && x < width;
            body(inside ? ((b * height + y) * width + x) * channels : -1, to);
          }
  }
};

// [B H' W', kH kW C]. x: channels-last.
at::Tensor cut(const at::Tensor& x, const Patches& p) {
  const at::Tensor out = at::empty({p.positions(), p.depth()}, x.options());
  const float* from = x.data_ptr<float>();
  float* to = out.data_ptr<float>();
  const auto bytes = static_cast<size_t>(p.channels) * sizeof(float);
  at::parallel_for(0, p.images, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      p.each_tap(b, [&](int64_t in, int64_t patch) {
        if (in < 0) std::memset(to + patch, 0, bytes);
        else std::memcpy(to + patch, from + in, bytes);
      });
  });
  return out;
}

// The way back: every patch is added to where it was cut. Returns [B, C, H, W], channels-last.
at::Tensor put_back(const at::Tensor& patches, const Patches& p) {
  const at::Tensor out =
      at::empty({p.images, p.channels, p.height, p.width}, patches.options().memory_format(kChannelsLast));
  const float* from = patches.data_ptr<float>();
  float* to = out.data_ptr<float>();
  const int64_t size = p.height * p.width * p.channels;
  at::parallel_for(0, p.images, 1, [&](int64_t begin, int64_t end) {
    std::fill(to + begin * size, to + end * size, 0.0f);
    for (int64_t b = begin; b < end; ++b)
      p.each_tap(b, [&](int64_t in, int64_t patch) {
        if (in < 0) return;
        float* sum = to + in;
        const float* more = from + patch;
        for (int64_t c = 0; c < p.channels; ++c) sum[c] += more[c];
      });
  });
  return out;
}

// [O, kH kW C], no copy where weight is channels-last.
at::Tensor as_matrix(const at::Tensor& weight) { return weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1}); }

class PatchConvolution : public torch::autograd::Function<PatchConvolution> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight, int64_t stride,
                            int64_t padding) {
    const Patches p(x.sizes(), weight.sizes(), stride, padding);
    ctx->save_for_backward({x, weight});
    ctx->saved_data["stride"] = stride;
    ctx->saved_data["padding"] = padding;
    const at::Tensor y = at::mm(cut(x.contiguous(kChannelsLast), p), as_matrix(weight).t());
    return y.view({p.images, p.rows, p.columns, weight.size(0)}).permute({0, 3, 1, 2});
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const int64_t stride = ctx->saved_data["stride"].toInt(), padding = ctx->saved_data["padding"].toInt();
    if (at::GradMode::is_enabled()) {  // a gradient that has gradients
      const auto both = at::convolution_backward(grads[0], x, weight, {}, {stride, stride}, {padding, padding}, {1, 1},
                                                 false, {0, 0}, 1, {true, true, false});
      return {std::get<0>(both), std::get<1>(both), {}, {}};
    }
    const Patches p(x.sizes(), weight.sizes(), stride, padding);
    const int64_t out = weight.size(0);
    const at::Tensor g = grads[0].contiguous(kChannelsLast).permute({0, 2, 3, 1}).reshape({p.positions(), out});
    at::Tensor dx, dw;
    if (ctx->needs_input_grad(0)) dx = put_back(at::mm(g, as_matrix(weight)), p);
    if (ctx->needs_input_grad(1))
      dw = at::mm(g.t(), cut(x.contiguous(kChannelsLast), p))
               .view({out, p.tall, p.wide, p.channels})
               .permute({0, 3, 1, 2});
    return {dx, dw, {}, {}};
  }
};

}  // namespace

at::Tensor patch_convolution(const at::Tensor& x, const at::Tensor& weight, int64_t stride, int64_t padding) {
  return PatchConvolution::apply(x, weight, stride, padding);
}

}  // namespace kindred
