// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/class_sampler.h"

#include <algorithm>
#include <map>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"

namespace kindred {
namespace {

// The streams of RngOp::kShuffle beside that of the plain order, which has view 0.
constexpr uint16_t kClassOrder = 1;   // of a round
constexpr uint16_t kMemberOrder = 2;  // of a class in one pass through it

StreamName shuffle_stream(uint64_t seed, uint32_t epoch, uint64_t which, uint16_t kind) {
  return {.seed = seed, .epoch = epoch, .sample = which, .view = kind, .op = static_cast<uint16_t>(RngOp::kShuffle)};
}

}  // namespace

ClassSampler::ClassSampler(const Dataset& dataset, SampleKey key, int64_t batch, int64_t per_class, uint64_t seed)
    : batch_(batch), seed_(seed) {
  const bool by_label = key == SampleKey::kLabel;
  check(per_class >= 1 && per_class <= batch, "sampler: expected per_class in [1, ", batch, "], the batch, got ",
        per_class);
  const int64_t none = by_label ? kNoLabel : kNoGroup;
  std::map<int64_t, std::vector<int64_t>> classes;
  for (int64_t i = 0; i < dataset.size(); ++i)
    if (const int64_t name = by_label ? dataset.label(i) : dataset.group(i); name != none) classes[name].push_back(i);
  check(!classes.empty(), "sampler: expected ", by_label ? "labelled" : "grouped",
        " samples for per_class = ", per_class, ", got ", dataset.info().name, " without ",
        by_label ? "labels" : "groups");
  for (auto& [name, positions] : classes) {
    labelled_ += static_cast<int64_t>(positions.size());
    members_.push_back(std::move(positions));
  }
  classes_per_batch_ = std::min(batch / per_class, static_cast<int64_t>(members_.size()));
}

int64_t ClassSampler::batches_per_epoch() const { return std::max<int64_t>(1, labelled_ / batch_); }

std::vector<int64_t> ClassSampler::rows(int64_t epoch, int64_t index) {
  const auto classes = static_cast<int64_t>(members_.size());
  const int64_t round_length = classes / classes_per_batch_, round = index / round_length;
  const Permutation order(static_cast<uint64_t>(classes), shuffle_stream(seed_, static_cast<uint32_t>(epoch),
                                                                         static_cast<uint64_t>(round), kClassOrder));
  std::vector<int64_t> out;
  for (int64_t i = 0; i < classes_per_batch_; ++i) {
    const auto which = order(static_cast<uint64_t>(index % round_length * classes_per_batch_ + i));
    const int64_t share = batch_ / classes_per_batch_ + (i < batch_ % classes_per_batch_ ? 1 : 0);
    visit(which, share, static_cast<uint32_t>(epoch), round, out);
  }
  return out;
}

// Visit number `round` of the epoch.
void ClassSampler::visit(size_t which, int64_t share, uint32_t epoch, int64_t round, std::vector<int64_t>& out) const {
  const auto& members = members_[which];
  const auto size = static_cast<int64_t>(members.size());
  const int64_t stretch = std::min(size, (batch_ - 1) / classes_per_batch_ + 1);  // the larger of the two shares
  const int64_t visits = size / stretch;                                          // of one pass
  const auto stream_id = static_cast<uint64_t>(which) << 32 | static_cast<uint64_t>(round / visits);
  const Permutation order(static_cast<uint64_t>(size), shuffle_stream(seed_, epoch, stream_id, kMemberOrder));
  for (int64_t j = 0; j < std::min(share, size); ++j)
    out.push_back(members[order(static_cast<uint64_t>(round % visits * stretch + j))]);
}

}  // namespace kindred
