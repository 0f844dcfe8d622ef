// SPDX-License-Identifier: Apache-2.0
// Which samples make a batch.
//
//   shuffle   every sample once in an epoch, in a new order each time; in_order: in the data set's
//   classes   P classes with K samples each (class_sampler.h)
//   groups    the same over groups: K pictures each of P things, clips or packages
//   distinct  shuffle, but no two samples of a batch share a group or an id, so that no negative is a positive in disguise
//             (distinct_sampler.h)
//   balanced  classes drawn equally often, whatever their size, any number of a class in a batch (weighted_sampler.h)
//   weighted  samples drawn as often as their score says (weighted_sampler.h)
//
// A batch follows from (data set, options, epoch, index) alone, so that a resumed run needs no state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kindred/data/dataset.h"

namespace kindred {

struct SamplerOptions {
  std::string name = "auto";  // auto: classes where per_class > 0, else shuffle
  int64_t batch = 256;        // B
  int64_t per_class = 0;      // K of classes and groups
  bool drop_last = true;      // shuffle: leave out the last, smaller batch
  bool in_order = false;      // shuffle: the data set's own order
  uint64_t seed = 0;
};

class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual int64_t batches_per_epoch() const = 0;
  // Positions in the data set, the rows of batch `index` of `epoch`. One thread at a time.
  virtual std::vector<int64_t> rows(int64_t epoch, int64_t index) = 0;
};
using SamplerPtr = std::unique_ptr<Sampler>;

// Throws InvalidArgument: an unknown name; what the sampler needs (labels, groups, scores, per_class) is not there; fewer
// samples than one batch with drop_last. REQUIRES batch >= 1 and a data set that is not empty.
SamplerPtr make_sampler(const Dataset& dataset, const SamplerOptions& options);

}  // namespace kindred
