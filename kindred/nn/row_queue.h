// SPDX-License-Identifier: Apache-2.0
// The newest K rows that went in: MoCo's queue of keys (arXiv:1911.05722 section 3.2), NNCLR's support set
// (arXiv:2104.14548), SwAV's queue (arXiv:2006.09882), and, with labels, the cross-batch memory of metric learning (Wang et
// al. 2020, XBM, arXiv:1912.06798).
//
// Invariants: (1) slot `position` is written next, and slots are taken in turn, so that full or not the queue holds the last
// fill() rows; (2) slots at fill() and above have never been written; (3) all of it is in buffers: a checkpoint has it, bit
// for bit. K need not be a multiple of the batch, a batch may be larger than K, and K may be larger than the data set: each
// row carries the id of its sample, for losses that must not take a sample for its own negative.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

namespace kindred {

// The id of a row that belongs to no sample: the random rows of a queue that starts full.
constexpr int64_t kNoSample = -1;

class RowQueue : public torch::nn::Module {
 public:
  // Empty. capacity and dims >= 1.
  RowQueue(int64_t capacity, int64_t dims);
  // Fills every slot with a random unit row of no sample, as MoCo starts.
  void fill_randomly(uint64_t seed);

  // rows: [B, D], kept without gradient, as they are; ids: [B] int64; labels: [B] int64, or undefined: no row has one.
  // Of more than K rows the last K stay. Throws InvalidArgument.
  void push(const torch::Tensor& rows, const torch::Tensor& ids, const torch::Tensor& labels = {});

  // The filled slots in their order: [fill, D], [fill], [fill]. They are views of the buffers: push() changes them.
  torch::Tensor rows() const { return rows_.narrow(0, 0, fill()); }
  torch::Tensor ids() const { return ids_.narrow(0, 0, fill()); }
  torch::Tensor labels() const { return labels_.narrow(0, 0, fill()); }

  int64_t capacity() const { return rows_.size(0); }
  int64_t fill() const { return fill_.item<int64_t>(); }
  int64_t position() const { return position_.item<int64_t>(); }
  bool full() const { return fill() == capacity(); }

 private:
  torch::Tensor rows_, ids_, labels_;  // [K, D] float32, [K], [K] int64
  torch::Tensor position_, fill_;      // scalars, int64
};

}  // namespace kindred
