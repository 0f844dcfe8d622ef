// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/positives.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/views/view_streams.h"

namespace kindred {
namespace {

// Views of another picture in the place of the sample's; the rest is base's.
class OtherPictures : public Views {
 public:
  explicit OtherPictures(ViewsPtr base) : base_(std::move(base)) {}
  int64_t count() const override { return base_->count(); }
  std::vector<int64_t> shape(int64_t view) const override { return base_->shape(view); }
  // More than the views of the sample's own picture need; the others draw their crops from other sizes.
  ImageBox looked_at(int64_t height, int64_t width, uint64_t seed, uint32_t epoch, uint64_t sample_id) const override {
    return base_->looked_at(height, width, seed, epoch, sample_id);
  }

 protected:
  ViewsPtr base_;
};

class GivenPairs final : public OtherPictures {
 public:
  using OtherPictures::OtherPictures;
  void make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
            ViewScratch& scratch) const override {
    const auto which = static_cast<size_t>(view) % (sample.others.size() + 1);
    if (which == 0) return base_->make(sample, seed, epoch, view, out, scratch);
    scratch.partner_owner = nullptr;
    scratch.partner.id = sample.id;
    scratch.partner.image = sample.others[which - 1];
    base_->make(scratch.partner, seed, epoch, view, out, scratch);
  }
};

// The samples sorted by what they share, then by time; those that share nothing with anybody come first.
class Relatives {
 public:
  // key(i): group or label, negative: none. time(i): NaN counts as none where it matters to the caller.
  template <class Key, class Time>
  Relatives(int64_t size, Key key, Time time) {
    order_.resize(static_cast<size_t>(size));
    std::iota(order_.begin(), order_.end(), uint32_t{0});
    std::vector<int64_t> keys(order_.size());
    std::vector<double> times(order_.size());
    for (size_t i = 0; i < order_.size(); ++i) {
      keys[i] = std::max<int64_t>(key(static_cast<int64_t>(i)), -1);
      times[i] = time(static_cast<int64_t>(i));
      if (std::isnan(times[i])) keys[i] = -1;
    }
    std::ranges::sort(order_, [&](uint32_t a, uint32_t b) {
      if (keys[a] != keys[b]) return keys[a] < keys[b];
      if (keys[a] >= 0 && times[a] != times[b]) return times[a] < times[b];
      return a < b;
    });
    rank_.resize(order_.size());
    for (size_t rank = 0; rank < order_.size(); ++rank) {
      rank_[order_[rank]] = static_cast<uint32_t>(rank);
      keys_.push_back(keys[order_[rank]]);
      times_.push_back(times[order_[rank]]);
    }
  }

  // One of the others with the same key and a time at most window away; index itself where there are none.
  int64_t draw(int64_t index, double window, CounterRng rng) const {
    const size_t own = rank_[static_cast<size_t>(index)];
    if (keys_[own] < 0) return index;
    const auto [keys_first, keys_last] = std::ranges::equal_range(keys_, keys_[own]);
    const auto times_first = times_.begin() + (keys_first - keys_.begin());
    const auto times_last = times_.begin() + (keys_last - keys_.begin());
    const auto first = std::lower_bound(times_first, times_last, times_[own] - window) - times_.begin();
    const auto last = std::upper_bound(times_first, times_last, times_[own] + window) - times_.begin();
    if (last - first < 2) return index;
    auto rank = static_cast<size_t>(first) + rng.below(static_cast<uint64_t>(last - first - 1));
    if (rank >= own) ++rank;
    return order_[rank];
  }

 private:
  std::vector<uint32_t> order_, rank_;  // [N] sample at a rank, rank of a sample
  std::vector<int64_t> keys_;           // [N] by rank
  std::vector<double> times_;           // [N] by rank
};

class Partners final : public OtherPictures {
 public:
  Partners(DatasetPtr dataset, ViewsPtr base, Relatives relatives, double window)
      : OtherPictures(std::move(base)),
        dataset_(std::move(dataset)),
        relatives_(std::move(relatives)),
        window_(window) {}

  void make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
            ViewScratch& scratch) const override {
    if (view % 2 == 0) return base_->make(sample, seed, epoch, view, out, scratch);
    const bool ready = scratch.partner_owner == this && scratch.partner_of == sample.index &&
                       scratch.partner_epoch == epoch && scratch.partner_seed == seed;
    if (!ready) fetch(sample, seed, epoch, scratch);
    scratch.partner.id = sample.id;
    base_->make(scratch.partner, seed, epoch, view, out, scratch);
  }

 private:
  void fetch(const Sample& sample, uint64_t seed, uint32_t epoch, ViewScratch& scratch) const {
    check(sample.index >= 0 && sample.index < dataset_->size(),
          "positives: expected a sample with its position in [0, ", dataset_->size(), "), got ", sample.index);
    const ViewStreams streams{seed, epoch, sample.id, 0};
    scratch.partner_owner = nullptr;
    dataset_->get(relatives_.draw(sample.index, window_, streams(ViewOp::kPartner)), scratch.partner);
    scratch.partner_owner = this;
    scratch.partner_of = sample.index;
    scratch.partner_epoch = epoch;
    scratch.partner_seed = seed;
  }

  DatasetPtr dataset_;
  Relatives relatives_;
  double window_;
};

}  // namespace

void visit_fields(FieldList& v, PositiveOptions& o) {
  v("from", o.from, "what the second picture of a positive pair is; auto = given where the data have pairs, else self",
    {"auto", "self", "given", "time", "group", "label", "score"});
  v("window", o.window, "how far away a neighbour in time or score may be, in the data's unit (frames: positions)",
    above(0));
}

ViewsPtr positive_views(DatasetPtr dataset, ViewsPtr base, const PositiveOptions& options) {
  PositiveOptions o = options;
  check_fields(fields_of(o), "positives");
  const DatasetInfo& info = dataset->info();
  if (o.from == "auto") o.from = info.pictures > 1 ? "given" : "self";
  if (o.from == "self") return base;
  if (o.from == "given") {
    check(info.pictures > 1,
          "positives: expected data with several pictures a sample (csv: image=A,B) for from = given, got ", info.name);
    return std::make_shared<GivenPairs>(std::move(base));
  }
  const bool by_time = o.from == "time", by_label = o.from == "label", by_score = o.from == "score";
  check(!by_time || info.timed,
        "positives: expected data with groups and times (frames, csv with group= and time=, tar with "
        "clips=key) for from = time, got ",
        info.name);
  check(!by_score || info.scored, "positives: expected data with scores (csv with score=) for from = score, got ",
        info.name);
  check(by_label || by_score || info.grouped,
        "positives: expected data with groups (frames, csv with group=, tar) for from = ", o.from, ", got ", info.name);
  check(!by_label || info.labelled, "positives: expected labelled data for from = label, got ", info.name);
  check(dataset->size() <= int64_t{UINT32_MAX}, "positives: expected at most 2^32 - 1 samples, got ", dataset->size());
  const auto key = [&](int64_t i) { return by_label ? dataset->label(i) : by_score ? 0 : dataset->group(i); };
  const auto time = [&](int64_t i) { return by_time ? dataset->time(i) : by_score ? dataset->score(i) : 0.0; };
  Relatives relatives(dataset->size(), key, time);
  return std::make_shared<Partners>(std::move(dataset), std::move(base), std::move(relatives), o.window);
}

}  // namespace kindred
