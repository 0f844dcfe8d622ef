// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/pair_distances.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "kindred/kernels/row_distances.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor dense_rows(const at::Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); }

// [N, D]: sum_j weights_ij (x_i - b_j).
template <class T>
at::Tensor gathered(const at::Tensor& weights, const at::Tensor& x, const at::Tensor& b) {
  const at::Tensor out = at::empty({x.size(0), x.size(1)}, x.options()), w = weights.contiguous();
  at::parallel_for(0, x.size(0), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i)
      weighed_differences(w.data_ptr<T>() + i * w.size(1), x.data_ptr<T>() + i * x.stride(0), b.data_ptr<T>(),
                          b.stride(0), b.size(0), x.size(1), out.data_ptr<T>() + i * x.size(1));
  });
  return out;
}

// b undefined: the distances of a's rows among themselves.
class PairDistances : public torch::autograd::Function<PairDistances> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, bool same, bool squared) {
    const at::Tensor x = dense_rows(a), y = same ? x : dense_rows(b),
                     out = at::empty({x.size(0), y.size(0)}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "pair_distances", [&] {
      const int64_t columns = y.size(0);
      at::parallel_for(0, x.size(0), 1, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          scalar_t* row = out.data_ptr<scalar_t>() + i * columns;
          square_distances(x.data_ptr<scalar_t>() + i * x.stride(0), y.data_ptr<scalar_t>(), y.stride(0), columns,
                           x.size(1), row);
          if (!squared)
            for (int64_t j = 0; j < columns; ++j) row[j] = std::sqrt(row[j]);
        }
      });
    });
    ctx->save_for_backward({x, y, squared ? at::Tensor() : out});
    ctx->saved_data["same"] = same;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &y = saved[1], &d = saved[2];
    at::Tensor weights = d.defined() ? (grads[0] / d).masked_fill_(d == 0, 0) : grads[0] * 2;
    const auto sums = [&](const at::Tensor& w, const at::Tensor& rows, const at::Tensor& others) {
      return AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "pair_distances",
                                        [&] { return gathered<scalar_t>(w, rows, others); });
    };
    if (ctx->saved_data["same"].toBool()) return {sums(weights + weights.t(), x, x), {}, {}, {}};
    return {sums(weights, x, y), sums(weights.t(), y, x), {}, {}};
  }
};

}  // namespace

at::Tensor pair_distances(const at::Tensor& a, const at::Tensor& b, bool squared) {
  if (a.is_cpu()) return PairDistances::apply(a, b, a.is_same(b), squared);
  constexpr int64_t kByDifferences = 2;
  const at::Tensor d = at::cdist(a, b, 2.0, kByDifferences);
  return squared ? d.square() : d;
}

}  // namespace kindred
