// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/group_products.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kindred/kernels/row_products.h"
#include "kindred/ops/unit_rows.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kRowsAtOnce = 64;

// [G, D]: the sum of weight_i z_i over each group, in the order of the rows. weights may be undefined (1).
template <class T>
at::Tensor group_sums(const at::Tensor& z, const at::Tensor& groups, const at::Tensor& weights) {
  const at::Tensor out = at::zeros({groups.max().item<int64_t>() + 1, z.size(1)}, z.options());
  const int64_t* group = groups.data_ptr<int64_t>();
  for (int64_t i = 0; i < z.size(0); ++i)
    add_scaled_row(weights.defined() ? weights.data_ptr<T>()[i] : T{1}, z.data_ptr<T>() + i * z.stride(0), z.size(1),
                   out.data_ptr<T>() + group[i] * z.size(1));
  return out;
}

class GroupProducts : public torch::autograd::Function<GroupProducts> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& given, const at::Tensor& codes) {
    const at::Tensor z = given.stride(1) == 1 ? given : given.contiguous(), groups = codes.contiguous();
    ctx->save_for_backward({z, groups});
    const int64_t n = z.size(0), dims = z.size(1), *group = groups.data_ptr<int64_t>();
    const at::Tensor out = at::empty({n}, z.options());
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "group_products", [&] {
      const at::Tensor sums = group_sums<scalar_t>(z, groups, {});
      at::parallel_for(0, n, kRowsAtOnce, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          const scalar_t* row = z.data_ptr<scalar_t>() + i * z.stride(0);
          out.data_ptr<scalar_t>()[i] =
              row_dot(row, sums.data_ptr<scalar_t>() + group[i] * dims, dims) - row_dot(row, row, dims);
        }
      });
    });
    return out;
  }

  // Every pair stands in the sums of both its rows: dz_i = sum_{j != i} (g_i + g_j) z_j.
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &z = saved[0], &groups = saved[1], g = grads[0].contiguous();
    const int64_t n = z.size(0), dims = z.size(1), *group = groups.data_ptr<int64_t>();
    const at::Tensor dz = padded_layout(n, dims, z, true);
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "group_products", [&] {
      const at::Tensor sums = group_sums<scalar_t>(z, groups, {}), weighed = group_sums<scalar_t>(z, groups, g);
      at::parallel_for(0, n, kRowsAtOnce, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          const scalar_t weight = g.data_ptr<scalar_t>()[i], *row = z.data_ptr<scalar_t>() + i * z.stride(0);
          scalar_t* out = dz.data_ptr<scalar_t>() + i * dz.stride(0);
          add_scaled_row(weight, sums.data_ptr<scalar_t>() + group[i] * dims, dims, out);
          add_scaled_row(scalar_t{1}, weighed.data_ptr<scalar_t>() + group[i] * dims, dims, out);
          add_scaled_row(-2 * weight, row, dims, out);
        }
      });
    });
    return {dz, {}};
  }
};

}  // namespace

at::Tensor group_products(const at::Tensor& z, const at::Tensor& groups, Implementation by) {
  if (by == Implementation::kFused) return GroupProducts::apply(z, groups);
  const at::Tensor sums = at::zeros({groups.max().item<int64_t>() + 1, z.size(1)}, z.options()).index_add(0, groups, z);
  return (z * (sums.index_select(0, groups) - z)).sum(1);
}

}  // namespace kindred
