// SPDX-License-Identifier: Apache-2.0
// Loops in double over plain vectors: the second opinion of the loss tests.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace kindred::test {

using Rows = std::vector<std::vector<double>>;

inline Rows rows_of(const at::Tensor& x) {
  const at::Tensor y = x.detach().to(at::kDouble).contiguous();
  Rows out;
  for (int64_t i = 0; i < y.size(0); ++i)
    out.emplace_back(y.data_ptr<double>() + i * y.size(1), y.data_ptr<double>() + (i + 1) * y.size(1));
  return out;
}

inline Rows stacked(Rows a, const Rows& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

inline double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

inline double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

inline std::vector<double> unit(std::vector<double> a) {
  const double length = std::sqrt(dot(a, a));
  for (auto& v : a) v /= length;
  return a;
}

inline double lse(const std::vector<double>& x) {
  const double top = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const double v : x) sum += std::exp(v - top);
  return top + std::log(sum);
}

}  // namespace kindred::test
