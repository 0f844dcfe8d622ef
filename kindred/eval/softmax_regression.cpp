// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/softmax_regression.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>

#include "kindred/eval/one_thread.h"

namespace kindred {
namespace {

constexpr int64_t kChunk = 512;    // rows whose products are in cache together: x is read once for loss and gradient
constexpr int64_t kRowParts = 16;  // partial sums; fixed, so that the sum is the same on any number of threads

struct Weights {
  at::Tensor w;  // [C, D]
  at::Tensor b;  // [C]
};

Weights weights_of(const std::vector<double>& parameters, int64_t classes, int64_t dims, at::ScalarType type) {
  auto* data = const_cast<double*>(parameters.data());  // read only
  return {at::from_blob(data, {classes, dims}, at::kDouble).to(type),
          at::from_blob(data + classes * dims, {classes}, at::kDouble).to(type)};
}

// Sums over the rows [begin, end).
struct Partial {
  double loss = 0;
  std::vector<double> gradient;
};

// Takes log-softmax rows to probabilities minus one-hot truth, in place; returns the summed loss.
template <class T>
double residuals(T* log_p, const int64_t* y, int64_t rows, int64_t classes) {
  double loss = 0;
  for (int64_t i = 0; i < rows; ++i, log_p += classes) {
    loss -= static_cast<double>(log_p[y[i]]);
    for (int64_t c = 0; c < classes; ++c) log_p[c] = std::exp(log_p[c]);
    log_p[y[i]] -= 1;
  }
  return loss;
}

template <class T>
void accumulate(const T* values, int64_t count, double* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] += static_cast<double>(values[i]);
}

template <class T>
void chunk_sums(const at::Tensor& x, const int64_t* y, const Weights& weights, Partial& out) {
  const int64_t rows = x.size(0), classes = weights.w.size(0), dims = x.size(1);
  auto residual = at::log_softmax(at::addmm(weights.b, x, weights.w.t()), 1);
  T* r = residual.data_ptr<T>();
  out.loss += residuals(r, y, rows, classes);
  const auto products = at::mm(residual.t(), x).contiguous();  // [C, D]
  accumulate(products.data_ptr<T>(), classes * dims, out.gradient.data());
  for (int64_t i = 0; i < rows; ++i) accumulate(r + i * classes, classes, out.gradient.data() + classes * dims);
}

double loss_and_gradient(const at::Tensor& x, const std::vector<int64_t>& y, double l2, int64_t classes,
                         const std::vector<double>& parameters, std::vector<double>& gradient) {
  const int64_t n = x.size(0), dims = x.size(1);
  const Weights weights = weights_of(parameters, classes, dims, x.scalar_type());
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  std::vector<Partial> partial(kRowParts);
  for_parts(kRowParts, [&](int64_t p) {
    Partial& sums = partial[static_cast<size_t>(p)];
    const int64_t first = chunks * p / kRowParts, last = chunks * (p + 1) / kRowParts;
    if (first == last) return;
    sums.gradient.assign(parameters.size(), 0.0);
    for (int64_t c = first; c < last; ++c) {
      const int64_t begin = c * kChunk, rows = std::min(kChunk, n - begin);
      const auto block = x.narrow(0, begin, rows);
      if (x.scalar_type() == at::kDouble) chunk_sums<double>(block, y.data() + begin, weights, sums);
      else chunk_sums<float>(block, y.data() + begin, weights, sums);
    }
  });
  double loss = 0, squares = 0;
  std::fill(gradient.begin(), gradient.end(), 0.0);
  for (const auto& sums : partial) {
    loss += sums.loss;
    for (size_t i = 0; i < sums.gradient.size(); ++i) gradient[i] += sums.gradient[i];
  }
  for (double& g : gradient) g /= static_cast<double>(n);
  for (size_t i = 0; i < static_cast<size_t>(classes * dims); ++i) {
    squares += parameters[i] * parameters[i];
    gradient[i] += l2 * parameters[i];
  }
  return loss / static_cast<double>(n) + l2 / 2 * squares;
}

}  // namespace

SoftmaxModel zero_model(int64_t classes, int64_t dims) {
  return {classes, dims, std::vector<double>(static_cast<size_t>(classes * (dims + 1)), 0.0)};
}

at::Tensor SoftmaxModel::scores(const at::Tensor& x) const {
  const int64_t n = x.size(0), chunks = (n + kChunk - 1) / kChunk;
  const Weights weights = weights_of(parameters, classes, dims, x.scalar_type());
  auto out = at::empty({n, classes}, x.options());
  for_parts(std::max<int64_t>(chunks, 2), [&](int64_t c) {
    if (c >= chunks) return;
    const int64_t begin = c * kChunk, rows = std::min(kChunk, n - begin);
    auto part = out.narrow(0, begin, rows);
    at::addmm_out(part, weights.b, x.narrow(0, begin, rows), weights.w.t());
  });
  return out;
}

LbfgsResult fit_softmax(const at::Tensor& x, const std::vector<int64_t>& y, double l2, const LbfgsOptions& options,
                        SoftmaxModel& model) {
  return minimise_lbfgs(
      [&](const std::vector<double>& parameters, std::vector<double>& gradient) {
        return loss_and_gradient(x, y, l2, model.classes, parameters, gradient);
      },
      model.parameters, options);
}

double mean_log_loss(const at::Tensor& scores, const std::vector<int64_t>& y) {
  at::Tensor log_p;
  on_one_thread([&] { log_p = at::log_softmax(scores.to(at::kDouble), 1).contiguous(); });
  const double* data = log_p.data_ptr<double>();
  double sum = 0;
  int64_t rows = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    if (y[i] < 0) continue;
    sum -= data[static_cast<int64_t>(i) * log_p.size(1) + y[i]];
    ++rows;
  }
  return rows > 0 ? sum / static_cast<double>(rows) : 0;
}

}  // namespace kindred
