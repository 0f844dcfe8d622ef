// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/unit_rows.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kindred/kernels/pair_tile.h"
#include "kindred/kernels/row_units.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kZeroLength = 1e-12;
constexpr int64_t kRowsAtOnce = 64;  // of one task

at::Tensor with_dense_rows(const at::Tensor& x) { return x.stride(1) == 1 || x.size(1) == 1 ? x : x.contiguous(); }

class UnitRows : public torch::autograd::Function<UnitRows> {
 public:
  static at::Tensor forward(AutogradContext* ctx, at::TensorList views) {
    int64_t n = 0;
    for (const auto& view : views) n += view.size(0);
    const int64_t dims = views[0].size(1);
    const at::Tensor z = padded_layout(n, dims, views[0], false), inverse = at::empty({n}, views[0].options());
    AT_DISPATCH_FLOATING_TYPES(views[0].scalar_type(), "stacked_unit_rows", [&] {
      const int64_t stride = z.stride(0);
      int64_t row = 0;
      for (const auto& view : views) {
        const at::Tensor x = with_dense_rows(view);
        scalar_t* out = z.data_ptr<scalar_t>() + row * stride;
        scalar_t* factors = inverse.data_ptr<scalar_t>() + row;
        at::parallel_for(0, x.size(0), kRowsAtOnce, [&](int64_t from, int64_t to) {
          unit_rows(x.data_ptr<scalar_t>() + from * x.stride(0), x.stride(0), to - from, dims, kZeroLength,
                    out + from * stride, stride, factors + from);
        });
        row += x.size(0);
      }
    });
    ctx->save_for_backward({z, inverse});
    std::vector<int64_t> sizes;
    for (const auto& view : views) sizes.push_back(view.size(0));
    ctx->saved_data["sizes"] = sizes;
    return z;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &z = saved[0], &inverse = saved[1], g = with_dense_rows(grads[0]);
    const int64_t dims = z.size(1);
    variable_list out;
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "stacked_unit_rows", [&] {
      int64_t row = 0;
      for (const int64_t n : ctx->saved_data["sizes"].toIntVector()) {
        at::Tensor dx = at::empty({n, dims}, z.options());
        at::parallel_for(0, n, kRowsAtOnce, [&](int64_t from, int64_t to) {
          const int64_t i = row + from;
          unit_rows_back(z.data_ptr<scalar_t>() + i * z.stride(0), z.stride(0), inverse.data_ptr<scalar_t>() + i,
                         g.data_ptr<scalar_t>() + i * g.stride(0), g.stride(0), to - from, dims,
                         dx.data_ptr<scalar_t>() + from * dims, dims);
        });
        out.push_back(dx);
        row += n;
      }
    });
    return out;
  }
};

}  // namespace

at::Tensor stacked_unit_rows(const std::vector<at::Tensor>& views) { return UnitRows::apply(at::TensorList(views)); }

at::Tensor padded_layout(int64_t n, int64_t dims, const at::Tensor& like, bool zeros) {
  const bool wide = like.scalar_type() == at::kDouble;
  const int64_t stride = wide ? padded_stride<double>(dims) : padded_stride<float>(dims);
  const std::vector<int64_t> shape{padded_rows(n), stride};
  const at::Tensor all = zeros ? at::zeros(shape, like.options()) : at::empty(shape, like.options());
  return all.narrow(0, 0, n).narrow(1, 0, dims);
}

at::Tensor gradient_layout(int64_t n, int64_t dims, const at::Tensor& like) {
  const bool wide = like.scalar_type() == at::kDouble;
  const int64_t stride = wide ? padded_dims<double>(dims) : padded_dims<float>(dims);
  const at::AutoDispatchBelowADInplaceOrView no_views;  // a view would hold on to what it was cut from
  return at::zeros({padded_rows(n), stride}, like.options()).narrow(0, 0, n).narrow(1, 0, dims);
}

at::Tensor in_padded_layout(const at::Tensor& x) {
  constexpr uintptr_t kAlignment = 64;
  const at::Tensor out = padded_layout(0, x.size(1), x, false);
  const int64_t stride = out.stride(0);
  const auto room = static_cast<int64_t>(x.storage().nbytes() / x.element_size()) - x.storage_offset();
  const bool aligned = reinterpret_cast<uintptr_t>(x.data_ptr()) % kAlignment == 0;
  if (aligned && x.stride(1) == 1 && x.stride(0) == stride && room >= x.size(0) * stride) return x;
  const at::Tensor copy = padded_layout(x.size(0), x.size(1), x, false);
  copy.copy_(x);
  return copy;
}

}  // namespace kindred
