// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/row_queue.h"

#include <torch/types.h>

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/nn/random_rows.h"

namespace kindred {

RowQueue::RowQueue(int64_t capacity, int64_t dims) {
  check(capacity >= 1 && dims >= 1, "queue: expected at least 1 row of at least 1 number, got ", capacity, " of ",
        dims);
  rows_ = register_buffer("rows", torch::zeros({capacity, dims}));
  ids_ = register_buffer("ids", torch::full({capacity}, kNoSample, torch::kLong));
  labels_ = register_buffer("labels", torch::full({capacity}, -1, torch::kLong));
  position_ = register_buffer("position", torch::zeros({}, torch::kLong));
  fill_ = register_buffer("fill", torch::zeros({}, torch::kLong));
}

void RowQueue::fill_randomly(uint64_t seed) {
  torch::NoGradGuard no_grad;
  rows_.copy_(random_unit_rows(rows_.size(0), rows_.size(1), seed));
  ids_.fill_(kNoSample);
  labels_.fill_(-1);
  position_.zero_();
  fill_.fill_(capacity());
}

void RowQueue::push(const torch::Tensor& rows, const torch::Tensor& ids, const torch::Tensor& labels) {
  check(rows.dim() == 2 && rows.size(1) == rows_.size(1), "queue: expected rows [B, ", rows_.size(1), "], got ",
        rows.sizes());
  check(ids.dim() == 1 && ids.size(0) == rows.size(0), "queue: expected an id for each of ", rows.size(0),
        " rows, got ", ids.sizes());
  check(!labels.defined() || labels.sizes() == ids.sizes(), "queue: expected a label for each of ", rows.size(0),
        " rows, got ", labels.defined() ? labels.sizes() : ids.sizes());
  torch::NoGradGuard no_grad;
  const int64_t count = std::min(rows.size(0), capacity()), left_out = rows.size(0) - count;
  const auto slots = (torch::arange(count, torch::kLong) + position()).remainder(capacity()).to(rows_.device());
  rows_.index_copy_(0, slots, rows.detach().narrow(0, left_out, count).to(rows_.scalar_type()));
  ids_.index_copy_(0, slots, ids.narrow(0, left_out, count));
  labels_.index_copy_(0, slots, labels.defined() ? labels.narrow(0, left_out, count) : torch::full_like(slots, -1));
  position_.fill_((position() + count) % capacity());
  fill_.fill_(std::min(fill() + count, capacity()));
}

}  // namespace kindred
