// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/group_products.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "kindred/kernels/row_products.h"
#include "kindred/ops/unit_rows.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The rows of each group, in order: [N] and where each group begins there.
struct Members {
  at::Tensor rows;
  std::vector<int64_t> begin;  // of each group, and N
};
Members members_of(const at::Tensor& groups) {
  const auto sorted = groups.sort(/*stable=*/true, 0, /*descending=*/false);
  const int64_t n = groups.size(0), *group = std::get<0>(sorted).data_ptr<int64_t>();
  Members out{std::get<1>(sorted), {}};
  for (int64_t i = 0; i < n; ++i)
    if (i == 0 || group[i] != group[i - 1]) out.begin.push_back(i);
  out.begin.push_back(n);
  return out;
}

// Calls body(rows, count, sums) for every group, on several threads; sums: room for `vectors` vectors of dims numbers, 0.
template <class T, class Body>
void over_groups(const Members& members, int64_t dims, int64_t vectors, const Body& body) {
  constexpr int64_t kGroupsAtOnce = 64;
  const int64_t *rows = members.rows.data_ptr<int64_t>(), groups = static_cast<int64_t>(members.begin.size()) - 1;
  at::parallel_for(0, groups, groups >= kGroupsAtOnce ? kGroupsAtOnce : 1, [&](int64_t from, int64_t to) {
    std::vector<T> sums(static_cast<size_t>(dims * vectors));
    for (int64_t g = from; g < to; ++g) {
      std::fill(sums.begin(), sums.end(), T{0});
      const int64_t begin = members.begin[static_cast<size_t>(g)];
      body(rows + begin, members.begin[static_cast<size_t>(g) + 1] - begin, sums.data());
    }
  });
}

class GroupProducts : public torch::autograd::Function<GroupProducts> {
 public:
  static variable_list forward(AutogradContext* ctx, const at::Tensor& given, const at::Tensor& groups) {
    const at::Tensor z = given.stride(1) == 1 ? given : given.contiguous();
    ctx->save_for_backward({z, groups});
    ctx->set_materialize_grads(false);
    const int64_t dims = z.size(1);
    const at::Tensor out = at::empty({z.size(0)}, z.options());
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "group_products", [&] {
      const auto row = [&](int64_t i) { return z.data_ptr<scalar_t>() + i * z.stride(0); };
      over_groups<scalar_t>(members_of(groups), dims, 1, [&](const int64_t* rows, int64_t count, scalar_t* sum) {
        for (int64_t m = 0; m < count; ++m) add_scaled_row(scalar_t{1}, row(rows[m]), dims, sum);
        for (int64_t m = 0; m < count; ++m)
          out.data_ptr<scalar_t>()[rows[m]] =
              row_dot(row(rows[m]), sum, dims) - row_dot(row(rows[m]), row(rows[m]), dims);
      });
    });
    return {out, given};
  }

  // Every pair stands in the sums of both its rows: dz_i = sum_{j != i} (g_i + g_j) z_j. Memory: the gradient alone.
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    if (!grads[0].defined()) return {grads[1], {}};
    const at::Tensor &z = saved[0], g = grads[0].contiguous(), &rest = grads[1];
    const int64_t dims = z.size(1);
    const bool ours = rest.defined() && !c10::GradMode::is_enabled() && rest.stride(1) == 1 && rest.stride(0) >= dims;
    const at::Tensor dz = ours ? rest : gradient_layout(z.size(0), dims, z);
    if (rest.defined() && !ours) dz.copy_(rest);
    AT_DISPATCH_FLOATING_TYPES(z.scalar_type(), "group_products", [&] {
      const auto row = [&](int64_t i) { return z.data_ptr<scalar_t>() + i * z.stride(0); };
      over_groups<scalar_t>(members_of(saved[1]), dims, 2, [&](const int64_t* rows, int64_t count, scalar_t* sums) {
        scalar_t *plain = sums, *weighed = sums + dims;
        for (int64_t m = 0; m < count; ++m) {
          add_scaled_row(scalar_t{1}, row(rows[m]), dims, plain);
          add_scaled_row(g.data_ptr<scalar_t>()[rows[m]], row(rows[m]), dims, weighed);
        }
        for (int64_t m = 0; m < count; ++m) {
          const scalar_t weight = g.data_ptr<scalar_t>()[rows[m]];
          scalar_t* out = dz.data_ptr<scalar_t>() + rows[m] * dz.stride(0);
          add_scaled_row(weight, plain, dims, out);
          add_scaled_row(scalar_t{1}, weighed, dims, out);
          add_scaled_row(-2 * weight, row(rows[m]), dims, out);
        }
      });
    });
    return {dz, {}};
  }
};

}  // namespace

at::Tensor group_products(const at::Tensor& z, const at::Tensor& groups, Implementation by) {
  return group_products_and_rows(z, groups, by).products;
}

ProductsAndRows group_products_and_rows(const at::Tensor& z, const at::Tensor& groups, Implementation by) {
  if (by == Implementation::kFused) {
    const auto out = GroupProducts::apply(z, groups);
    return {out[0], out[1]};
  }
  const at::Tensor sums = at::zeros({groups.max().item<int64_t>() + 1, z.size(1)}, z.options()).index_add(0, groups, z);
  return {(z * (sums.index_select(0, groups) - z)).sum(1), z};
}

}  // namespace kindred
