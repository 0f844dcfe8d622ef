// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/dataset_over.h"

namespace kindred {
namespace {

class Subset final : public DatasetOver {
 public:
  Subset(DatasetPtr base, std::vector<int64_t> indices) : DatasetOver(std::move(base)), indices_(std::move(indices)) {}
  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  void get(int64_t index, Sample& sample) const override { base_->get(at(index), sample); }
  void get_part(int64_t index, const std::function<ImageBox(int64_t, int64_t)>& part, Sample& sample) const override {
    base_->get_part(at(index), part, sample);
  }

 private:
  int64_t at(int64_t index) const override { return indices_[static_cast<size_t>(index)]; }
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
