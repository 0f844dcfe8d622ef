// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/dataset.h"

namespace kindred {
namespace {

class Subset final : public Dataset {
 public:
  Subset(DatasetPtr base, std::vector<int64_t> indices) : base_(std::move(base)), indices_(std::move(indices)) {}
  const DatasetInfo& info() const override { return base_->info(); }
  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  void get(int64_t index, Sample& sample) const override { base_->get(at(index), sample); }
  void get_part(int64_t index, const std::function<ImageBox(int64_t, int64_t)>& part, Sample& sample) const override {
    base_->get_part(at(index), part, sample);
  }
  int64_t label(int64_t index) const override { return base_->label(at(index)); }
  int64_t group(int64_t index) const override { return base_->group(at(index)); }
  double time(int64_t index) const override { return base_->time(at(index)); }
  double score(int64_t index) const override { return base_->score(at(index)); }
  uint64_t id(int64_t index) const override { return base_->id(at(index)); }
  uint32_t copy(int64_t index) const override { return base_->copy(at(index)); }
  std::string source(int64_t index) const override { return base_->source(at(index)); }
  int64_t skipped() const override { return base_->skipped(); }

 private:
  int64_t at(int64_t index) const { return indices_[static_cast<size_t>(index)]; }
  DatasetPtr base_;
  std::vector<int64_t> indices_;
};

}  // namespace

DatasetPtr subset(DatasetPtr base, std::vector<int64_t> indices) {
  const int64_t size = base->size();
  for (const int64_t index : indices)
    check(index >= 0 && index < size, "subset: expected positions in [0, ", size, "), got ", index);
  return std::make_shared<Subset>(std::move(base), std::move(indices));
}

}  // namespace kindred
