// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/branch.h"

#include <torch/types.h>

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"

namespace kindred {

std::vector<torch::Tensor> Branch::forward(const std::vector<torch::Tensor>& views) {
  std::vector<torch::Tensor> out;
  for (size_t begin = 0, end = 0; begin < views.size(); begin = end) {
    while (end < views.size() && views[end].sizes() == views[begin].sizes()) ++end;
    const std::vector<torch::Tensor> alike(views.begin() + static_cast<std::ptrdiff_t>(begin),
                                           views.begin() + static_cast<std::ptrdiff_t>(end));
    for (const auto& part : forward(torch::cat(alike)).chunk(static_cast<int64_t>(alike.size()))) out.push_back(part);
  }
  return out;
}

torch::Tensor forward_in_groups(Branch& branch, const torch::Tensor& x, int64_t groups, uint64_t seed) {
  check(groups >= 1, "forward_in_groups: expected groups >= 1, got ", groups);
  const int64_t b = x.size(0), parts = std::clamp<int64_t>(b / 2, 1, groups);
  const Permutation permutation(static_cast<uint64_t>(b), {.seed = seed, .op = static_cast<uint16_t>(RngOp::kStep)});
  const auto order = torch::empty({b}, torch::kLong), back = torch::empty({b}, torch::kLong);
  for (int64_t i = 0; i < b; ++i) {
    const auto from = static_cast<int64_t>(permutation(static_cast<uint64_t>(i)));
    order.data_ptr<int64_t>()[i] = from;
    back.data_ptr<int64_t>()[from] = i;
  }
  std::vector<torch::Tensor> rows;
  for (const auto& part : x.index_select(0, order.to(x.device())).tensor_split(parts))
    rows.push_back(branch.forward(part));
  return torch::cat(rows).index_select(0, back.to(x.device()));
}

}  // namespace kindred
