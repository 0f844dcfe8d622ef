// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/distinct_sampler.h"

#include <unordered_map>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"

namespace kindred {

DistinctSampler::DistinctSampler(const Dataset& dataset, int64_t batch, uint64_t seed) : batch_(batch), seed_(seed) {
  const bool grouped = dataset.info().grouped;
  std::unordered_map<uint64_t, uint32_t> number;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const int64_t group = grouped ? dataset.group(i) : kNoGroup;
    if (group == kNoGroup && grouped) {  // a thing of its own
      key_.push_back(groups_++);
      continue;
    }
    const uint64_t name = grouped ? static_cast<uint64_t>(group) : dataset.id(i);
    const auto [at, added] = number.try_emplace(name, groups_);
    if (added) ++groups_;
    key_.push_back(at->second);
  }
  check(static_cast<int64_t>(groups_) >= batch, "sampler: expected at least ", batch, " different ",
        grouped ? "groups" : "samples", ", one for each row of a batch, got ", groups_, " (", dataset.info().name, ")");
}

int64_t DistinctSampler::batches_per_epoch() const { return std::ssize(key_) / batch_; }

std::vector<int64_t> DistinctSampler::rows(int64_t epoch, int64_t index) {
  if (planned_ != epoch) plan(epoch);
  return batches_[static_cast<size_t>(index)];
}

void DistinctSampler::plan(int64_t epoch) {
  const auto size = static_cast<uint64_t>(key_.size());
  const auto count = static_cast<size_t>(batches_per_epoch());
  const Permutation order(
      size, {.seed = seed_, .epoch = static_cast<uint32_t>(epoch), .op = static_cast<uint16_t>(RngOp::kShuffle)});
  batches_.assign(count, {});
  std::vector<size_t> next(groups_, 0);  // the first batch that can have none of the group yet
  size_t open = 0;                       // the first batch with room
  for (uint64_t i = 0; i < size && open < count; ++i) {
    const auto row = static_cast<size_t>(order(i));
    size_t at = std::max(open, next[key_[row]]);
    while (at < count && std::ssize(batches_[at]) == batch_) ++at;
    if (at >= count) continue;
    batches_[at].push_back(static_cast<int64_t>(row));
    next[key_[row]] = at + 1;
    while (open < count && std::ssize(batches_[open]) == batch_) ++open;
  }
  planned_ = epoch;
}

}  // namespace kindred
