// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/cloud.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "kindred/eval/one_thread.h"

namespace kindred {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kTile = 256;

std::vector<double> column_means(const at::Tensor& x) {
  const int64_t n = x.size(0), d = x.size(1);
  const double* data = x.data_ptr<double>();
  std::vector<double> mean(static_cast<size_t>(d), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < d; ++j) mean[static_cast<size_t>(j)] += data[i * d + j];
  for (double& m : mean) m /= static_cast<double>(n);
  return mean;
}

at::Tensor centred(const at::Tensor& x) {
  const auto mean = column_means(x);
  auto out = x.clone();
  double* data = out.data_ptr<double>();
  for (int64_t i = 0; i < x.size(0); ++i)
    for (int64_t j = 0; j < x.size(1); ++j) data[i * x.size(1) + j] -= mean[static_cast<size_t>(j)];
  return out;
}

// The sum of term(x_i . x_j) over pairs i < j, tile by tile on or above the diagonal; one row of tiles a part.
template <class Term>
double sum_over_pairs(const at::Tensor& x, const Term& term) {
  const int64_t n = x.size(0), tiles = (n + kTile - 1) / kTile;
  std::vector<double> partial(static_cast<size_t>(tiles), 0.0);
  for_parts(std::max<int64_t>(tiles, 2), [&](int64_t t) {
    if (t >= tiles) return;
    const int64_t first = t * kTile, rows = std::min(kTile, n - first);
    const auto block = x.narrow(0, first, rows);
    for (int64_t other = first; other < n; other += kTile) {
      const int64_t columns = std::min(kTile, n - other);
      const auto products = at::mm(block, x.narrow(0, other, columns).t());
      const double* p = products.data_ptr<double>();
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = other == first ? i + 1 : 0; j < columns; ++j)
          partial[static_cast<size_t>(t)] += term(p[i * columns + j]);
    }
  });
  double sum = 0;
  for (const double p : partial) sum += p;
  return sum;
}

}  // namespace

at::Tensor unit_rows_double(const at::Tensor& x) {
  auto out = x.detach().to(at::kCPU, at::kDouble).contiguous().clone();
  double* data = out.data_ptr<double>();
  const int64_t d = out.size(1);
  for (int64_t i = 0; i < out.size(0); ++i) {
    double square = 0;
    for (int64_t j = 0; j < d; ++j) square += data[i * d + j] * data[i * d + j];
    const double inverse = square > 0 ? 1 / std::sqrt(square) : 1;
    for (int64_t j = 0; j < d; ++j) data[i * d + j] *= inverse;
  }
  return out;
}

double std_sqrt_d(const at::Tensor& unit) {
  const int64_t n = unit.size(0), d = unit.size(1);
  const double* data = unit.data_ptr<double>();
  const auto mean = column_means(unit);
  std::vector<double> square(static_cast<size_t>(d), 0.0);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < d; ++j) {
      const double off = data[i * d + j] - mean[static_cast<size_t>(j)];
      square[static_cast<size_t>(j)] += off * off;
    }
  double sum = 0;
  for (const double s : square) sum += std::sqrt(s / static_cast<double>(n));
  return sum / static_cast<double>(d) * std::sqrt(static_cast<double>(d));
}

double effective_rank(const at::Tensor& unit) {
  const auto x = centred(unit);
  at::Tensor eigenvalues;  // squared singular values, from the Gram matrix of the smaller side
  on_one_thread([&] {
    const auto gram = x.size(0) < x.size(1) ? at::mm(x, x.t()) : at::mm(x.t(), x);
    eigenvalues = at::linalg_eigvalsh(gram).contiguous();
  });
  // The square loses half the digits: 1e-7 of the largest singular value is rounding here too.
  const double* square = eigenvalues.data_ptr<double>();
  const double largest = std::sqrt(std::max(0.0, square[eigenvalues.size(0) - 1]));  // ascending order
  const double floor = std::max(0x1p-23 * std::sqrt(static_cast<double>(unit.size(0))), 1e-7 * largest);
  double sum = 0, entropy = 0;
  std::vector<double> kept;
  for (int64_t i = 0; i < eigenvalues.size(0); ++i) {
    const double s = std::sqrt(std::max(0.0, square[i]));
    if (s <= floor) continue;
    kept.push_back(s);
    sum += s;
  }
  for (const double s : kept) entropy -= s / sum * std::log(s / sum);
  return kept.empty() ? 0 : std::exp(entropy);
}

double uniformity(const at::Tensor& unit) {
  const auto n = static_cast<double>(unit.size(0));
  if (unit.size(0) < 2) return kNaN;
  // |x - y|^2 = 2 - 2 x.y on the sphere. Zero rows lie off it: their distances are taken as if orthogonal.
  const double sum = sum_over_pairs(unit, [](double cosine) { return std::exp(-4 * (1 - std::min(cosine, 1.0))); });
  return std::log(sum / (n * (n - 1) / 2));
}

double alignment(const at::Tensor& unit_a, const at::Tensor& unit_b) {
  const double *a = unit_a.data_ptr<double>(), *b = unit_b.data_ptr<double>();
  double sum = 0;
  for (int64_t i = 0; i < unit_a.numel(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / static_cast<double>(unit_a.size(0));
}

double tolerance(const at::Tensor& unit, const std::vector<int64_t>& classes) {
  // Over the pairs of a class with n rows of sum S: (|S|^2 - sum |x|^2) / 2.
  const int64_t d = unit.size(1);
  const double* data = unit.data_ptr<double>();
  struct Sum {
    std::vector<double> row;
    double squares = 0, count = 0;
  };
  std::map<int64_t, Sum> sums;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] < 0) continue;
    Sum& s = sums[classes[i]];
    s.row.resize(static_cast<size_t>(d), 0.0);
    const double* row = data + static_cast<int64_t>(i) * d;
    for (int64_t j = 0; j < d; ++j) {
      s.row[static_cast<size_t>(j)] += row[j];
      s.squares += row[j] * row[j];
    }
    s.count += 1;
  }
  double cosines = 0, pairs = 0;
  for (const auto& [label, s] : sums) {
    double square = 0;
    for (const double v : s.row) square += v * v;
    cosines += (square - s.squares) / 2;
    pairs += s.count * (s.count - 1) / 2;
  }
  return pairs > 0 ? cosines / pairs : kNaN;
}

}  // namespace kindred
