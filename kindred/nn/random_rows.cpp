// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/random_rows.h"

#include <torch/types.h>

#include <cmath>
#include <vector>

#include "kindred/core/rng.h"

namespace kindred {

at::Tensor random_unit_rows(int64_t n, int64_t d, uint64_t seed) {
  auto out = torch::empty({n, d});
  float* next = out.data_ptr<float>();
  std::vector<double> row(static_cast<size_t>(d));
  for (int64_t i = 0; i < n; ++i) {
    CounterRng rng(seed, RngOp::kInit, static_cast<uint64_t>(i));
    double square = 0;
    while (square == 0) {
      for (double& value : row) value = rng.normal();
      for (const double value : row) square += value * value;
    }
    for (const double value : row) *next++ = static_cast<float>(value / std::sqrt(square));
  }
  return out;
}

at::Tensor random_uniform_rows(int64_t n, int64_t d, double bound, uint64_t seed) {
  auto out = torch::empty({n, d});
  float* next = out.data_ptr<float>();
  for (int64_t i = 0; i < n; ++i) {
    CounterRng rng(seed, RngOp::kInit, static_cast<uint64_t>(i));
    for (int64_t j = 0; j < d; ++j) *next++ = static_cast<float>(rng.uniform(-bound, bound));
  }
  return out;
}

}  // namespace kindred
