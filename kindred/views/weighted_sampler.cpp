// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/weighted_sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"

namespace kindred {
namespace {

constexpr int kRedraws = 1000;
constexpr uint16_t kWeightedDraw = 3;  // the stream of RngOp::kShuffle; class_sampler.cpp has 1 and 2

// Uniform in [0, 1) with 53 bits: 24 would never reach some of many small weights.
double fine_uniform(CounterRng& rng) { return static_cast<double>(rng.next_u64() >> 11) * 0x1p-53; }

}  // namespace

std::vector<double> class_weights(const Dataset& dataset) {
  std::map<int64_t, int64_t> count;
  for (int64_t i = 0; i < dataset.size(); ++i) ++count[dataset.label(i)];
  check(count.size() > count.count(kNoLabel), "sampler: expected labelled samples for balanced, got ",
        dataset.info().name, " without labels");
  std::vector<double> out;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const int64_t label = dataset.label(i);
    out.push_back(label == kNoLabel ? 0 : 1 / static_cast<double>(count[label]));
  }
  return out;
}

std::vector<double> scores(const Dataset& dataset) {
  std::vector<double> out;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    out.push_back(dataset.score(i));
    check(std::isfinite(out.back()) && out.back() >= 0, "sampler: expected a score >= 0 for weighted, got ", out.back(),
          " (", dataset.source(i), ")");
  }
  return out;
}

WeightedSampler::WeightedSampler(const Dataset& dataset, const std::vector<double>& weights, int64_t batch,
                                 uint64_t seed)
    : batch_(batch), seed_(seed) {
  double sum = 0;
  for (const double weight : weights) cumulative_.push_back(sum += weight);
  const auto positive = std::ranges::count_if(weights, [](double weight) { return weight > 0; });
  check(positive >= batch, "sampler: expected at least one whole batch of ", batch,
        " samples with a weight above 0, got ", positive, " (", dataset.info().name, "); lower the batch");
}

int64_t WeightedSampler::batches_per_epoch() const { return std::ssize(cumulative_) / batch_; }

std::vector<int64_t> WeightedSampler::rows(int64_t epoch, int64_t index) {
  CounterRng rng({.seed = seed_,
                  .epoch = static_cast<uint32_t>(epoch),
                  .sample = static_cast<uint64_t>(index),
                  .view = kWeightedDraw,
                  .op = static_cast<uint16_t>(RngOp::kShuffle)});
  std::vector<int64_t> out;
  std::unordered_set<int64_t> taken;
  for (int redraws = 0; std::ssize(out) < batch_ && redraws < kRedraws;) {
    const auto at = std::ranges::upper_bound(cumulative_, fine_uniform(rng) * cumulative_.back());
    const int64_t row = std::min(at, std::prev(cumulative_.end())) - cumulative_.begin();
    if (taken.insert(row).second) {
      out.push_back(row);
      redraws = 0;
    } else {
      ++redraws;
    }
  }
  return out;
}

}  // namespace kindred
