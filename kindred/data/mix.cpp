// SPDX-License-Identifier: Apache-2.0
// Data kind `mix`: several sources as one, SPEC [*N] {" + " SPEC [*N]}. A part with *N comes N times in an epoch, and
// each time draws views of its own (Sample::copy) under one id, so that a thing is never its own negative.
#include <algorithm>
#include <charconv>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/data/kinds.h"

namespace kindred {
namespace {

constexpr int64_t kMostWeight = 1'000'000;

class Mix final : public Dataset {
 public:
  Mix(std::vector<MixPart> parts, DatasetInfo info) : info_(std::move(info)) {
    for (MixPart& part : parts) {
      skipped_ += part.dataset->skipped();
      parts_.push_back({.dataset = std::move(part.dataset), .first = size_});
      size_ += parts_.back().dataset->size() * part.weight;
    }
  }
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t label(int64_t index) const override {
    const Place at = place(index);
    return info_.labelled ? dataset(at).label(at.index) : kNoLabel;
  }
  int64_t group(int64_t index) const override {
    const Place at = place(index);
    return mixed_group(dataset(at).group(at.index), at.part);
  }
  double time(int64_t index) const override {
    const Place at = place(index);
    return dataset(at).time(at.index);
  }
  double score(int64_t index) const override {
    const Place at = place(index);
    return dataset(at).score(at.index);
  }
  uint64_t id(int64_t index) const override {
    const Place at = place(index);
    return mixed(dataset(at).id(at.index), at.part);
  }
  std::string source(int64_t index) const override {
    const Place at = place(index);
    return dataset(at).info().name + ": " + dataset(at).source(at.index);
  }
  int64_t skipped() const override { return skipped_; }

  uint32_t copy(int64_t index) const override { return place(index).copy; }
  void get(int64_t index, Sample& sample) const override { get_part(index, {}, sample); }
  void get_part(int64_t index, const std::function<ImageBox(int64_t, int64_t)>& part, Sample& sample) const override {
    const Place at = place(index);
    sample.group = kNoGroup;  // sources leave alone what they do not have
    sample.time = sample.score = kNoNumber;
    sample.others.clear();
    if (part) dataset(at).get_part(at.index, part, sample);
    else dataset(at).get(at.index, sample);
    sample.id = mixed(sample.id, at.part);
    sample.group = mixed_group(sample.group, at.part);
    sample.copy = at.copy;
    if (!info_.labelled) sample.label = kNoLabel;
  }

 private:
  struct Part {
    DatasetPtr dataset;
    int64_t first = 0;  // in the mix
  };
  struct Place {
    size_t part = 0;
    int64_t index = 0;
    uint32_t copy = 0;
  };
  Place place(int64_t index) const {
    const auto part = std::prev(std::ranges::upper_bound(parts_, index, {}, &Part::first));
    const int64_t inside = index - part->first, size = part->dataset->size();
    return {static_cast<size_t>(part - parts_.begin()), inside % size, static_cast<uint32_t>(inside / size)};
  }
  const Dataset& dataset(const Place& at) const { return *parts_[at.part].dataset; }

  static uint64_t mixed(uint64_t id, size_t part) { return part == 0 ? id : mix64(id ^ mix64(part)); }
  static int64_t mixed_group(int64_t group, size_t part) {
    if (group == kNoGroup || part == 0) return group;
    return static_cast<int64_t>(mixed(static_cast<uint64_t>(group), part) >> 1);
  }

  std::vector<Part> parts_;
  DatasetInfo info_;
  int64_t size_ = 0, skipped_ = 0;
};

// What all parts share, for a part that came after the first.
void join(DatasetInfo& all, const DatasetInfo& part) {
  check(all.modality == part.modality, "mix: expected all pictures or all vectors, got both (", part.name, ")");
  check(all.features == part.features, "mix: expected vectors of ", all.features,
        " features as in the first part, got ", part.features, " (", part.name, ")");
  check(all.pictures == part.pictures, "mix: expected ", all.pictures,
        " pictures in a sample as in the first part, got ", part.pictures, " (", part.name, ")");
  check(!all.labelled || !part.labelled || all.class_names == part.class_names,
        "mix: expected the classes of the first part, got others (", part.name,
        "); leave out the labels of one (labels=none)");
  if (all.height != part.height) all.height = 0;
  if (all.width != part.width) all.width = 0;
  if (all.channels != part.channels) all.channels = 0;
  if (part.labelled && !all.labelled) all.class_names = part.class_names;
  all.labelled = all.labelled || part.labelled;
  all.grouped = all.grouped || part.grouped;
  all.timed = all.timed || part.timed;
  all.scored = all.scored || part.scored;
}

// "SPEC *3" without its weight; 1 where it has none.
int64_t take_weight(std::string_view& text, const std::string& spec) {
  const size_t star = text.rfind('*');
  if (star == std::string_view::npos || text.find_first_not_of("0123456789", star + 1) != std::string_view::npos)
    return 1;
  int64_t weight = 0;
  const auto error = std::from_chars(text.data() + star + 1, text.data() + text.size(), weight).ec;
  check(error == std::errc() && weight >= 1 && weight <= kMostWeight, "mix: expected a weight from 1 to ", kMostWeight,
        " as in SPEC *3, got \"", text.substr(star), "\" in ", spec);
  text = text.substr(0, star);
  return weight;
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

DatasetPtr mix(std::vector<MixPart> parts, std::string name) {
  check(!parts.empty(), "mix: expected at least one part, got none");
  DatasetInfo info = parts.front().dataset->info();
  info.name = std::move(name);
  for (const MixPart& part : parts) {
    check(part.weight >= 1, "mix: expected weights >= 1, got ", part.weight);
    check(part.dataset->size() > 0, "mix: expected samples in each part, got none in ", part.dataset->info().name);
    if (&part != &parts.front()) join(info, part.dataset->info());
  }
  return std::make_shared<Mix>(std::move(parts), std::move(info));
}

DatasetPtr open_mix(const DataSpec& spec) {
  constexpr std::string_view kPlus = " + ";
  std::vector<MixPart> parts;
  for (size_t at = 0; at <= spec.path.size();) {
    const size_t end = std::min(spec.path.find(kPlus, at), spec.path.size());
    std::string_view text = without_spaces(std::string_view(spec.path).substr(at, end - at));
    const int64_t weight = take_weight(text, spec.text);
    text = without_spaces(text);
    check(!text.empty(), "mix: expected SPEC *N + SPEC, got \"", spec.text, "\"");
    parts.push_back({.dataset = open_dataset(text), .weight = weight});
    at = end + kPlus.size();
  }
  return mix(std::move(parts), spec.text);
}

}  // namespace kindred
