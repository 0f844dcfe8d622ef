// SPDX-License-Identifier: Apache-2.0
// Batches of P classes with K samples each, for losses that need positives among the labels (Hermans et al. 2017,
// arXiv:1703.07737 section 2).
//
// A batch of B rows holds P = min(B / K, C) different classes, and B / P samples of each (the first B mod P classes one
// more), class after class. Where B / K is more than the classes there are, all are in every batch and have more than K.
// A round is floor(C / P) batches and visits every class at most once, in an order of its own. Each visit takes the next
// stretch of the class's shuffled samples; when what is left is shorter than a stretch, they are shuffled anew.
//
// Invariants: (1) no sample is in a batch twice; (2) a batch follows from (labels, B, K, seed, epoch, index) alone, in
// O(B), so that a resumed run needs no state; (3) a class with fewer samples than its share gives those it has and the
// batch is so much smaller. Samples without a label (a group) are never drawn. Classes are drawn equally often, whatever their
// size, so that an epoch (labelled samples / B batches) does not show every sample of a large class.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/views/sampler.h"

namespace kindred {

enum class SampleKey { kLabel, kGroup };  // what makes samples one "class"

class ClassSampler final : public Sampler {
 public:
  // REQUIRES batch >= 1. Throws InvalidArgument: per_class outside [1, batch], no sample with a key.
  ClassSampler(const Dataset& dataset, SampleKey key, int64_t batch, int64_t per_class, uint64_t seed);

  int64_t batches_per_epoch() const override;
  std::vector<int64_t> rows(int64_t epoch, int64_t index) override;

 private:
  void visit(size_t which, int64_t share, uint32_t epoch, int64_t round, std::vector<int64_t>& out) const;

  std::vector<std::vector<int64_t>> members_;  // [C] positions of the samples of each class
  int64_t batch_, classes_per_batch_ = 0, labelled_ = 0;
  uint64_t seed_;
};

}  // namespace kindred
