// SPDX-License-Identifier: Apache-2.0
// Shuffled batches in which no two samples share a group (or, in data without groups, an id): pictures of one thing,
// frames of one clip, copies of one sample are never each other's negatives.
//
// The samples come in a shuffled order and each goes into the first batch that has room and none of its group. A group
// with more samples than an epoch has batches leaves the rest of them out, others of them in each epoch; the batches that
// stay short of rows for that reason are so much smaller.
//
// An epoch's plan takes 8 bytes a sample and is made when the first batch of the epoch is asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/views/sampler.h"

namespace kindred {

class DistinctSampler final : public Sampler {
 public:
  // REQUIRES batch >= 1. Throws InvalidArgument: fewer samples or fewer different groups than a batch.
  DistinctSampler(const Dataset& dataset, int64_t batch, uint64_t seed);

  int64_t batches_per_epoch() const override;
  std::vector<int64_t> rows(int64_t epoch, int64_t index) override;

 private:
  void plan(int64_t epoch);

  std::vector<uint32_t> key_;  // [N] number of the sample's group, 0 .. groups - 1
  uint32_t groups_ = 0;
  int64_t batch_;
  uint64_t seed_;
  int64_t planned_ = -1;  // the epoch of batches_
  std::vector<std::vector<int64_t>> batches_;
};

}  // namespace kindred
