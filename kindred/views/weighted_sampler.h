// SPDX-License-Identifier: Apache-2.0
// Batches drawn with weights: sample i comes up with probability w_i / sum w, independently for each row, except that a
// sample that is in the batch already is drawn again (up to kRedraws times: then the batch is so much smaller).
// An epoch has as many batches as a shuffled one; some samples come several times in it and others not at all.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/views/sampler.h"

namespace kindred {

// [N] one over the number of samples of the sample's class; 0 without a label. Throws InvalidArgument: no labels at all.
std::vector<double> class_weights(const Dataset& dataset);
// [N] the scores, which must be finite and >= 0. Throws InvalidArgument naming the first that is not.
std::vector<double> scores(const Dataset& dataset);

class WeightedSampler final : public Sampler {
 public:
  // REQUIRES batch >= 1, weights [N] finite and >= 0. Throws InvalidArgument: fewer positive weights than a batch.
  WeightedSampler(const Dataset& dataset, const std::vector<double>& weights, int64_t batch, uint64_t seed);

  int64_t batches_per_epoch() const override;
  std::vector<int64_t> rows(int64_t epoch, int64_t index) override;

 private:
  std::vector<double> cumulative_;  // [N] sums of the weights up to and with each
  int64_t batch_;
  uint64_t seed_;
};

}  // namespace kindred
