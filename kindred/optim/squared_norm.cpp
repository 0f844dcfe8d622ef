// SPDX-License-Identifier: Apache-2.0
#include "kindred/optim/squared_norm.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace kindred {
namespace {

constexpr int64_t kBlock = 8192;  // elements; part of the definition of the rounding
constexpr int64_t kLanes = 8;     // independent sums inside a block, so that the loop can be vectorised

template <class Number>
double block_sum(const Number* values, int64_t count) {
  std::array<double, kLanes> lanes{};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      lanes[static_cast<size_t>(lane)] += value * value;
    }
  double sum = 0;
  for (; i < count; ++i) sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  for (const double lane : lanes) sum += lane;
  return sum;
}

template <class Number>
double sum_of_blocks(const Number* values, int64_t count) {
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<size_t>(blocks));
  at::parallel_for(0, blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t start = block * kBlock;
      sums[static_cast<size_t>(block)] = block_sum(values + start, std::min(kBlock, count - start));
    }
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

}  // namespace

double squared_norm(const at::Tensor& tensor) {
  auto values = tensor.detach();
  if (!values.device().is_cpu()) return values.to(at::kDouble).square().sum().item<double>();
  if (values.scalar_type() != at::kFloat && values.scalar_type() != at::kDouble) values = values.to(at::kFloat);
  // Any dense layout will do (channels-last gradients): the sum runs in storage order.
  if (!values.is_non_overlapping_and_dense()) values = values.contiguous();
  if (values.scalar_type() == at::kDouble) return sum_of_blocks(values.data_ptr<double>(), values.numel());
  return sum_of_blocks(values.data_ptr<float>(), values.numel());
}

}  // namespace kindred
