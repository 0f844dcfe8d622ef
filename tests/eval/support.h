// SPDX-License-Identifier: Apache-2.0
// Synthetic embeddings and slow references for the tests of eval.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "kindred/core/rng.h"
#include "kindred/eval/result.h"

namespace kindred::test {

// Standard normal values from the counter generator.
inline at::Tensor normal_rows(int64_t n, int64_t d, uint64_t stream) {
  auto out = at::empty({n, d}, at::kFloat);
  CounterRng rng(1, RngOp::kTest, stream);
  for (int64_t i = 0; i < n * d; ++i) out.data_ptr<float>()[i] = static_cast<float>(rng.normal());
  return out;
}

// Row i belongs to class i % classes: its class's centre plus `spread` times noise. The centres depend on d and classes
// only, so that two calls with different streams are train and test of one problem.
inline Embeddings blobs(int64_t n, int64_t d, int64_t classes, double spread, uint64_t stream) {
  Embeddings e;
  e.rows = normal_rows(n, d, stream) * spread;
  const auto centres = normal_rows(classes, d, 1000);
  e.labels = at::arange(n, at::kLong).remainder(classes);
  e.rows += centres.index_select(0, e.labels);
  e.ids = at::arange(n, at::kLong) + static_cast<int64_t>(stream) * 1000000;
  e.source = "blobs";
  return e;
}

inline at::Tensor rows_of(const nlohmann::json& rows, at::ScalarType type = at::kFloat) {
  const auto n = static_cast<int64_t>(rows.size()), d = static_cast<int64_t>(rows.at(0).size());
  auto out = at::empty({n, d}, at::kDouble);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < d; ++j)
      out.data_ptr<double>()[i * d + j] = rows.at(static_cast<size_t>(i)).at(static_cast<size_t>(j)).get<double>();
  return out.to(type);
}

inline at::Tensor labels_of(const nlohmann::json& labels) {
  return at::tensor(labels.get<std::vector<int64_t>>(), at::kLong);
}

inline Embeddings embeddings_of(const nlohmann::json& rows, const nlohmann::json& labels) {
  Embeddings e;
  e.rows = rows_of(rows);
  e.labels = labels_of(labels);
  e.ids = at::arange(e.rows.size(0), at::kLong);
  return e;
}

// The rows of e in another order.
inline Embeddings reordered(const Embeddings& e, const at::Tensor& order) {
  Embeddings out = e;
  out.rows = e.rows.index_select(0, order);
  out.labels = e.labels.index_select(0, order);
  out.ids = e.ids.index_select(0, order);
  return out;
}

inline std::vector<float> floats(const at::Tensor& t) {
  const auto held = t.to(at::kFloat).contiguous();
  return {held.data_ptr<float>(), held.data_ptr<float>() + held.numel()};
}

// Runs work() with this many threads, then puts the number back.
template <class Work>
auto with_threads(int threads, const Work& work) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  auto result = work();
  at::set_num_threads(before);
  return result;
}

}  // namespace kindred::test
