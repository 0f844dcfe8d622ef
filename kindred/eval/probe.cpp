// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/probe.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <type_traits>

#include "kindred/core/rng.h"
#include "kindred/eval/labelled.h"
#include "kindred/eval/one_thread.h"

namespace kindred {
namespace {

constexpr int64_t kParts = 16;
constexpr int64_t kDoubleUpTo = int64_t{1} << 21;  // values of x: 16 MB

// sum_i term(x_ij, j) for every column j, over fixed blocks of rows.
template <class Term>
std::vector<double> column_means(const at::Tensor& x, const Term& term) {
  const int64_t n = x.size(0), d = x.size(1);
  const float* data = x.data_ptr<float>();
  std::vector<std::vector<double>> partial(kParts, std::vector<double>(static_cast<size_t>(d), 0.0));
  for_parts(kParts, [&](int64_t p) {
    double* sums = partial[static_cast<size_t>(p)].data();
    for (int64_t i = n * p / kParts; i < n * (p + 1) / kParts; ++i)
      for (int64_t j = 0; j < d; ++j) sums[j] += term(static_cast<double>(data[i * d + j]), j);
  });
  std::vector<double> means(static_cast<size_t>(d), 0.0);
  for (const auto& sums : partial)
    for (size_t j = 0; j < means.size(); ++j) means[j] += sums[j];
  for (double& m : means) m /= static_cast<double>(n);
  return means;
}

}  // namespace

Standardiser fit_standardiser(const at::Tensor& x) {
  Standardiser out;
  out.mean = column_means(x, [](double v, int64_t) { return v; });
  out.scale = column_means(x, [&](double v, int64_t j) {
    const double off = v - out.mean[static_cast<size_t>(j)];
    return off * off;
  });
  for (size_t j = 0; j < out.scale.size(); ++j) {
    const double std = std::sqrt(out.scale[j]);
    // Below float32's resolution of the mean the spread is rounding, not signal.
    out.scale[j] = std > 1e-6 * std::abs(out.mean[j]) && std > 0 ? 1 / std : 1;
  }
  return out;
}

at::Tensor Standardiser::apply(const at::Tensor& x, at::ScalarType type) const {
  if (mean.empty()) return x.to(type).contiguous();
  const int64_t n = x.size(0), d = x.size(1);
  const float* data = x.data_ptr<float>();
  auto out = at::empty({n, d}, type);
  const auto write = [&](auto* to) {
    at::parallel_for(0, n, 256, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        for (int64_t j = 0; j < d; ++j) {
          const auto c = static_cast<size_t>(j);
          to[i * d + j] = static_cast<std::remove_pointer_t<decltype(to)>>((data[i * d + j] - mean[c]) * scale[c]);
        }
    });
  };
  if (type == at::kDouble) write(out.data_ptr<double>());
  else write(out.data_ptr<float>());
  return out;
}

at::ScalarType probe_precision(int64_t rows, int64_t dims) {
  return rows * dims <= kDoubleUpTo ? at::kDouble : at::kFloat;
}

std::vector<std::vector<int64_t>> shuffled_by_class(const std::vector<int64_t>& y, int64_t classes, uint64_t seed,
                                                    uint32_t epoch) {
  std::vector<std::vector<int64_t>> members(static_cast<size_t>(classes));
  for (size_t i = 0; i < y.size(); ++i) members[static_cast<size_t>(y[i])].push_back(static_cast<int64_t>(i));
  for (size_t c = 0; c < members.size(); ++c) {
    CounterRng rng(seed, RngOp::kSubset, c, epoch);
    auto& list = members[c];
    for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[rng.below(i)]);  // Fisher-Yates
  }
  return members;
}

at::Tensor rows_at(const at::Tensor& x, const std::vector<int64_t>& positions) {
  return x.index_select(0, at::tensor(positions, at::kLong));
}

std::vector<int64_t> entries_at(const std::vector<int64_t>& y, const std::vector<int64_t>& positions) {
  std::vector<int64_t> out;
  for (const int64_t i : positions) out.push_back(y[static_cast<size_t>(i)]);
  return out;
}

std::vector<double> l2_grid(const std::vector<double>& given) {
  std::vector<double> grid = given;
  if (grid.empty()) grid = {1e2, 1e1, 1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
  std::sort(grid.begin(), grid.end(), std::greater<>());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

std::string l2_text(std::span<const double> values) {
  if (values.size() > 3) return number_text(values.front()) + " to " + number_text(values.back());
  std::string out;
  for (const double v : values) out += (out.empty() ? "" : ", ") + number_text(v);
  return out;
}

}  // namespace kindred
