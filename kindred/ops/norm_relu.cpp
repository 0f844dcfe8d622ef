// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/norm_relu.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kindred/kernels/norm_rows.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// x with its channels next to one another: rows of channels.
at::Tensor channel_rows(const at::Tensor& x) {
  return x.contiguous(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

// Rows cut into blocks, alike for any number of threads. A block stays in the first-level cache between two passes.
struct RowBlocks {
  int64_t rows, dims, length;
  explicit RowBlocks(const at::Tensor& x)
      : rows(x.numel() / x.size(1)), dims(x.size(1)), length(std::clamp<int64_t>(8192 / dims, 8, 256)) {}
  int64_t count() const { return (rows + length - 1) / length; }
  // body(block, first row, rows) for all.
  template <class Body>
  void each(const Body& body) const {
    at::parallel_for(0, count(), std::max<int64_t>(1, 32768 / (length * dims)), [&](int64_t from, int64_t to) {
      for (int64_t b = from; b < to; ++b) body(b, b * length, std::min(length, rows - b * length));
    });
  }
};

using Columns = std::vector<double>;

// Sums down the columns of blocks x dims numbers.
template <class T>
Columns added_up(const std::vector<T>& parts, int64_t blocks, int64_t dims) {
  Columns out(static_cast<size_t>(dims));
  for (int64_t b = 0; b < blocks; ++b)
    for (int64_t k = 0; k < dims; ++k)
      out[static_cast<size_t>(k)] += static_cast<double>(parts[static_cast<size_t>(b * dims + k)]);
  return out;
}

struct Moments {
  Columns mean, variance;  // biased
};

template <class T>
Moments moments_of_rows(const at::Tensor& x, const RowBlocks& blocks) {
  const auto size = static_cast<size_t>(blocks.count() * blocks.dims), dims = static_cast<size_t>(blocks.dims);
  std::vector<T> means(size), squares(size);
  const T* in = x.data_ptr<T>();
  blocks.each([&](int64_t b, int64_t first, int64_t rows) {
    norm_moments(in + first * blocks.dims, rows, blocks.dims, means.data() + b * blocks.dims,
                 squares.data() + b * blocks.dims);
  });
  Moments out{Columns(dims), added_up(squares, blocks.count(), blocks.dims)};
  const auto rows_in = [&](int64_t b) {
    return static_cast<double>(std::min(blocks.length, blocks.rows - b * blocks.length));
  };
  const auto n = static_cast<double>(blocks.rows);
  for (int64_t b = 0; b < blocks.count(); ++b)
    for (size_t k = 0; k < dims; ++k)
      out.mean[k] += rows_in(b) / n * static_cast<double>(means[static_cast<size_t>(b) * dims + k]);
  for (int64_t b = 0; b < blocks.count(); ++b)  // Chan's rule: what lies within the blocks, and between them
    for (size_t k = 0; k < dims; ++k) {
      const double gap = static_cast<double>(means[static_cast<size_t>(b) * dims + k]) - out.mean[k];
      out.variance[k] += rows_in(b) * gap * gap;
    }
  for (double& v : out.variance) v /= n;
  return out;
}

at::Tensor tensor_of(const Columns& columns, const at::Tensor& like) {
  at::Tensor out = at::empty({static_cast<int64_t>(columns.size())}, like.options());
  AT_DISPATCH_FLOATING_TYPES(like.scalar_type(), "norm_relu", [&] {
    std::transform(columns.begin(), columns.end(), out.data_ptr<scalar_t>(),
                   [](double v) { return static_cast<scalar_t>(v); });
  });
  return out;
}

Columns columns_of(const at::Tensor& values) {
  Columns out;
  AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "norm_relu", [&] {
    const at::Tensor dense = values.contiguous();
    for (int64_t k = 0; k < dense.numel(); ++k) out.push_back(static_cast<double>(dense.data_ptr<scalar_t>()[k]));
  });
  return out;
}

// The gradient out of tensor operations that have gradients themselves.
variable_list composite_backward(const at::Tensor& g, const at::Tensor& x, const at::Tensor& weight,
                                 const at::Tensor& y, double eps, bool relu) {
  std::vector<int64_t> over{0}, shape(static_cast<size_t>(x.dim()), 1);
  for (int64_t i = 2; i < x.dim(); ++i) over.push_back(i);
  shape[1] = x.size(1);
  const at::Tensor masked = relu ? g * (y > 0) : g;
  const at::Tensor centred = x - x.mean(over, true);
  const at::Tensor inverse = (centred.square().mean(over, true) + eps).rsqrt(), unit = centred * inverse;
  const at::Tensor scaled = masked * weight.view(shape);
  const at::Tensor dx = inverse * (scaled - scaled.mean(over, true) - unit * (scaled * unit).mean(over, true));
  return {dx, (masked * unit).sum(over), masked.sum(over), masked};
}

class NormReluFunction : public torch::autograd::Function<NormReluFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& given, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& mean, const at::Tensor& variance, double eps,
                            bool relu, at::TensorList added) {
    const at::Tensor x = channel_rows(given), more = added.empty() ? at::Tensor() : channel_rows(added[0]);
    const at::Tensor y = at::empty_like(x);
    const RowBlocks blocks(x);
    at::Tensor inverse;
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "norm_relu", [&] {
      const Moments moments = moments_of_rows<scalar_t>(x, blocks);
      const auto n = static_cast<double>(blocks.rows);
      Columns scale = columns_of(weight), inverses, unbiased;
      for (size_t k = 0; k < scale.size(); ++k) {
        inverses.push_back(1 / std::sqrt(moments.variance[k] + eps));
        unbiased.push_back(moments.variance[k] * n / (n - 1));
        scale[k] *= inverses[k];
      }
      inverse = tensor_of(inverses, x);
      mean.copy_(tensor_of(moments.mean, x));
      variance.copy_(tensor_of(unbiased, x));
      const at::Tensor factor = tensor_of(scale, x), shift = bias.contiguous();
      const scalar_t *in = x.data_ptr<scalar_t>(), *plus = more.defined() ? more.data_ptr<scalar_t>() : nullptr;
      const scalar_t *m = mean.data_ptr<scalar_t>(), *f = factor.data_ptr<scalar_t>(), *s = shift.data_ptr<scalar_t>();
      scalar_t* out = y.data_ptr<scalar_t>();
      blocks.each([&](int64_t, int64_t first, int64_t rows) {
        const int64_t at = first * blocks.dims;
        norm_forward({in + at, plus ? plus + at : nullptr, m, f, s, relu, out + at}, rows, blocks.dims);
      });
    });
    ctx->save_for_backward({given, weight, relu ? y : at::Tensor(), mean.clone(), inverse});
    ctx->saved_data["eps"] = eps;
    ctx->saved_data["relu"] = relu;
    ctx->saved_data["added"] = !added.empty();
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &given = saved[0], &weight = saved[1], &y = saved[2], &mean = saved[3], &inverse = saved[4];
    const double eps = ctx->saved_data["eps"].toDouble();
    const bool relu = ctx->saved_data["relu"].toBool(), with_added = ctx->saved_data["added"].toBool();
    variable_list out;
    if (at::GradMode::is_enabled()) out = composite_backward(grads[0], given, weight, y, eps, relu);
    else out = from_kernels(grads[0], given, weight, y, mean, inverse, with_added && relu);
    const at::Tensor dadded = out[3].defined() ? out[3] : grads[0];
    out.resize(7);
    out[3] = at::Tensor();
    if (with_added) out.push_back(dadded);
    return out;
  }

 private:
  static variable_list from_kernels(const at::Tensor& grad, const at::Tensor& given, const at::Tensor& weight,
                                    const at::Tensor& y, const at::Tensor& mean, const at::Tensor& inverse,
                                    bool keep_masked) {
    const at::Tensor x = channel_rows(given), g = channel_rows(grad), dx = at::empty_like(x);
    const at::Tensor masked = keep_masked ? at::empty_like(x) : at::Tensor();
    const RowBlocks blocks(x);
    Columns sum, product;
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "norm_relu", [&] {
      const auto size = static_cast<size_t>(blocks.count() * blocks.dims);
      std::vector<scalar_t> sums(size), products(size);
      const scalar_t *gp = g.data_ptr<scalar_t>(), *xp = x.data_ptr<scalar_t>(), *m = mean.data_ptr<scalar_t>();
      const scalar_t* yp = y.defined() ? y.data_ptr<scalar_t>() : nullptr;
      blocks.each([&](int64_t b, int64_t first, int64_t rows) {
        const int64_t at = first * blocks.dims;
        norm_sums({gp + at, yp ? yp + at : nullptr, xp + at, m, sums.data() + b * blocks.dims,
                   products.data() + b * blocks.dims},
                  rows, blocks.dims);
      });
      sum = added_up(sums, blocks.count(), blocks.dims);
      product = added_up(products, blocks.count(), blocks.dims);
      Columns scale = columns_of(weight), slope, offset;
      const Columns inverses = columns_of(inverse);
      for (size_t k = 0; k < scale.size(); ++k) {
        scale[k] *= inverses[k];
        slope.push_back(-scale[k] * inverses[k] * inverses[k] * product[k] / static_cast<double>(blocks.rows));
        offset.push_back(-scale[k] * sum[k] / static_cast<double>(blocks.rows));
        product[k] *= inverses[k];
      }
      const at::Tensor a = tensor_of(scale, x), b = tensor_of(slope, x), c = tensor_of(offset, x);
      const scalar_t *ap = a.data_ptr<scalar_t>(), *bp = b.data_ptr<scalar_t>(), *cp = c.data_ptr<scalar_t>();
      scalar_t *to = dx.data_ptr<scalar_t>(), *kept = keep_masked ? masked.data_ptr<scalar_t>() : nullptr;
      blocks.each([&](int64_t, int64_t first, int64_t rows) {
        const int64_t at = first * blocks.dims;
        norm_backward({gp + at, yp ? yp + at : nullptr, xp + at, m, ap, bp, cp, to + at, kept ? kept + at : nullptr},
                      rows, blocks.dims);
      });
    });
    return {dx, tensor_of(product, x), tensor_of(sum, x), masked};
  }
};

bool for_kernels(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& added) {
  const auto type = x.scalar_type();
  const auto like_x = [&](const at::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == type; };
  return (type == at::kFloat || type == at::kDouble) && (x.dim() == 2 || x.dim() == 4) && like_x(x) && like_x(weight) &&
         like_x(bias) && (!added.defined() || (like_x(added) && added.sizes() == x.sizes()));
}

}  // namespace

at::Tensor norm_relu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& added,
                     double eps, bool relu, const at::Tensor& mean, const at::Tensor& variance) {
  if (!for_kernels(x, weight, bias, added))
    return norm_relu_composite(x, weight, bias, added, eps, relu, mean, variance);
  const std::vector<at::Tensor> more(added.defined() ? 1 : 0, added);
  return NormReluFunction::apply(x, weight, bias, mean, variance, eps, relu, at::TensorList(more));
}

at::Tensor norm_relu_composite(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                               const at::Tensor& added, double eps, bool relu, const at::Tensor& mean,
                               const at::Tensor& variance) {
  {
    const at::NoGradGuard no_grad;
    mean.zero_(), variance.zero_();
  }
  at::Tensor y = at::batch_norm(x, weight, bias, mean, variance, /*training=*/true, /*momentum=*/1, eps, false);
  if (added.defined()) y = y + added;
  return relu ? y.relu() : y;
}

}  // namespace kindred
