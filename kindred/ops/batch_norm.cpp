// SPDX-License-Identifier: Apache-2.0
// How: rows are cut into chunks of a fixed size; each chunk's column sums are made by one thread in T and added in double
// in the order of the chunks, whatever the threads.
#include "kindred/ops/batch_norm.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/kernels/column_moments.h"
#include "kindred/kernels/column_norm.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kChunkNumbers = 1 << 15;  // of a chunk of rows: 128 KiB, so that it stays in the second-level cache

// [R, C] numbers in rows, cut into chunks.
struct Rows {
  int64_t rows, dims, chunk;
  explicit Rows(const at::Tensor& x)
      : rows(x.numel() / x.size(1)), dims(x.size(1)), chunk(std::max<int64_t>(1, kChunkNumbers / dims)) {}
  int64_t chunks() const { return (rows - 1) / chunk + 1; }

  // body(first row, rows) for every chunk.
  template <class Body>
  void each(const Body& body) const {
    at::parallel_for(0, chunks(), 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) body(i, i * chunk, std::min(chunk, rows - i * chunk));
    });
  }

  // The sums of two columns of figures over all chunks, [2, C] in double: sums(chunk's first row, rows, out [C], out [C]).
  template <class T, class Sums>
  std::vector<double> total(const Sums& sums) const {
    std::vector<T> parts(static_cast<size_t>(chunks() * 2 * dims));
    each([&](int64_t i, int64_t first, int64_t count) {
      T* out = parts.data() + i * 2 * dims;
      sums(first, count, out, out + dims);
    });
    std::vector<double> all(static_cast<size_t>(2 * dims), 0.0);
    for (size_t i = 0; i < parts.size(); ++i) all[i % all.size()] += static_cast<double>(parts[i]);
    return all;
  }
};

template <class T>
T value_or(const at::Tensor& x, int64_t k, T otherwise) {
  return x.defined() ? x.data_ptr<T>()[k] : otherwise;
}

at::MemoryFormat rows_format(const at::Tensor& x) {
  return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

// Mean and variance of each column, [2, C] in double.
template <class T>
std::vector<double> statistics(const at::Tensor& x) {
  const Rows r(x);
  const T* data = x.data_ptr<T>();
  auto all = r.total<T>([&](int64_t first, int64_t count, T* sum, T* square) {  // less the first row: no digits lost to a large mean
    column_moments(data + first * r.dims, r.dims, count, r.dims, data, sum, square);
  });
  const auto n = static_cast<double>(r.rows);
  for (int64_t k = 0; k < r.dims; ++k) {
    double &mean = all[static_cast<size_t>(k)], &variance = all[static_cast<size_t>(r.dims + k)];
    mean /= n;
    variance = variance / n - mean * mean;
    if (variance < 0) variance = 0;  // rounding; NaN stays
    mean += static_cast<double>(data[k]);
  }
  return all;
}

// Moves the running statistics; the variance counts n - 1, as torch's does.
template <class T>
void move_running(const std::vector<double>& statistics, int64_t n, double momentum, const at::Tensor& mean,
                  const at::Tensor& var) {
  const int64_t dims = mean.size(0);
  for (int64_t k = 0; k < dims; ++k) {
    T &m = mean.data_ptr<T>()[k], &v = var.data_ptr<T>()[k];
    const double variance = statistics[static_cast<size_t>(dims + k)] * static_cast<double>(n) / static_cast<double>(n - 1);
    m = static_cast<T>((1 - momentum) * static_cast<double>(m) + momentum * statistics[static_cast<size_t>(k)]);
    v = static_cast<T>((1 - momentum) * static_cast<double>(v) + momentum * variance);
  }
}

// scale, shift, mean, one over the standard deviation: [4, C].
template <class T>
at::Tensor columns_of(const std::vector<double>& statistics, const at::Tensor& weight, const at::Tensor& bias, double eps,
                      const at::Tensor& like) {
  const auto dims = static_cast<int64_t>(statistics.size() / 2);
  const at::Tensor out = at::empty({4, dims}, like.options());
  T* c = out.data_ptr<T>();
  for (int64_t k = 0; k < dims; ++k) {
    const double mean = statistics[static_cast<size_t>(k)],
                 inverse = 1 / std::sqrt(statistics[static_cast<size_t>(dims + k)] + eps),
                 scale = inverse * static_cast<double>(value_or<T>(weight, k, T{1}));
    c[k] = static_cast<T>(scale);
    c[dims + k] = static_cast<T>(static_cast<double>(value_or<T>(bias, k, T{0})) - mean * scale);
    c[2 * dims + k] = static_cast<T>(mean);
    c[3 * dims + k] = static_cast<T>(inverse);
  }
  return out;
}
template <class T>
ColumnNorm<T> column_norm(const at::Tensor& columns, bool relu) {
  const int64_t dims = columns.size(1);
  const T* c = columns.data_ptr<T>();
  return {.scale = c, .shift = c + dims, .mean = c + 2 * dims, .relu = relu};
}

class FusedBatchNorm : public torch::autograd::Function<FusedBatchNorm> {
 public:
  using Maybe = c10::optional<at::Tensor>;
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const Maybe& weight, const Maybe& bias,
                            const Maybe& running_mean, const Maybe& running_var, double momentum, double eps, bool relu) {
    at::Tensor y = at::empty_like(x), columns;
    const Rows r(x);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_norm", [&] {
      const auto of_x = statistics<scalar_t>(x);
      if (running_mean) move_running<scalar_t>(of_x, r.rows, momentum, *running_mean, *running_var);
      columns = columns_of<scalar_t>(of_x, weight.value_or(at::Tensor()), bias.value_or(at::Tensor()), eps, x);
      const auto norm = column_norm<scalar_t>(columns, relu);
      r.each([&](int64_t, int64_t first, int64_t count) {
        const int64_t at = first * r.dims;
        norm_columns(x.data_ptr<scalar_t>() + at, count, r.dims, norm, y.data_ptr<scalar_t>() + at);
      });
    });
    ctx->save_for_backward({x, columns});
    ctx->saved_data["relu"] = relu;
    ctx->saved_data["affine"] = weight.has_value();
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    check(!at::GradMode::is_enabled(), "batch_norm: expected first derivatives alone, got create_graph");
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &columns = saved[1], dy = grads[0].contiguous(rows_format(x));
    const bool affine = ctx->saved_data["affine"].toBool();
    const Rows r(x);
    const at::Tensor dx = at::empty_like(x);
    at::Tensor dweight, dbias;
    if (affine) dweight = at::empty({r.dims}, x.options()), dbias = at::empty({r.dims}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "batch_norm", [&] {
      const auto norm = column_norm<scalar_t>(columns, ctx->saved_data["relu"].toBool());
      const scalar_t *px = x.data_ptr<scalar_t>(), *pdy = dy.data_ptr<scalar_t>(), *inverse = norm.mean + r.dims;
      const auto all = r.total<scalar_t>([&](int64_t first, int64_t count, scalar_t* sum, scalar_t* product) {
        norm_back_sums(px + first * r.dims, pdy + first * r.dims, count, r.dims, norm, sum, product);
      });
      std::vector<scalar_t> level, slope;
      for (int64_t k = 0; k < r.dims; ++k) {
        const double sum = all[static_cast<size_t>(k)], product = all[static_cast<size_t>(r.dims + k)],
                     scale = static_cast<double>(norm.scale[k]), unit = static_cast<double>(inverse[k]),
                     n = static_cast<double>(r.rows);
        level.push_back(static_cast<scalar_t>(scale * sum / n));
        slope.push_back(static_cast<scalar_t>(scale * unit * unit * product / n));
        if (!affine) continue;
        dweight.data_ptr<scalar_t>()[k] = static_cast<scalar_t>(unit * product);
        dbias.data_ptr<scalar_t>()[k] = static_cast<scalar_t>(sum);
      }
      r.each([&](int64_t, int64_t first, int64_t count) {
        const int64_t at = first * r.dims;
        norm_back(px + at, pdy + at, count, r.dims, norm, level.data(), slope.data(), dx.data_ptr<scalar_t>() + at);
      });
    });
    return {dx, dweight, dbias, {}, {}, {}, {}, {}};
  }
};

c10::optional<at::Tensor> maybe(const at::Tensor& x) {  // autograd takes no undefined tensors
  return x.defined() ? c10::optional<at::Tensor>(x) : c10::nullopt;
}

}  // namespace

bool batch_norm_is_fused(const at::Tensor& x, bool training) {
  const bool type = x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  const bool shape = x.dim() == 2 || x.dim() == 4;
  return training && type && shape && x.device().is_cpu() && x.layout() == at::kStrided && x.is_contiguous(rows_format(x));
}

at::Tensor batch_norm(const at::Tensor& x, const BatchNormState& s, bool training, bool relu) {
  check(!training || x.numel() > x.size(1), "batch_norm: expected more than one value in each channel, got ", x.numel(),
        " values in ", x.size(1), " channels");
  if (batch_norm_is_fused(x, training))
    return FusedBatchNorm::apply(x, maybe(s.weight), maybe(s.bias), maybe(s.running_mean), maybe(s.running_var),
                                 s.momentum, s.eps, relu);
  const at::Tensor y =
      at::batch_norm(x, s.weight, s.bias, s.running_mean, s.running_var, training, s.momentum, s.eps, false);
  return relu ? y.relu() : y;
}

}  // namespace kindred
