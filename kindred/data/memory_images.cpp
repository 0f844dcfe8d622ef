// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/memory_images.h"

#include <utility>

#include "kindred/core/error.h"

namespace kindred {
namespace {

class MemoryDataset final : public Dataset {
 public:
  explicit MemoryDataset(MemoryImages images)
      : images_(std::move(images)), bytes_(images_.info.height * images_.info.width * images_.info.channels) {
    size_ = bytes_ > 0 ? static_cast<int64_t>(images_.pixels.size()) / bytes_ : 0;
  }

  const DatasetInfo& info() const override { return images_.info; }
  int64_t size() const override { return size_; }
  int64_t label(int64_t index) const override {
    return images_.labels.empty() ? kNoLabel : images_.labels[static_cast<size_t>(index)];
  }
  uint64_t id(int64_t index) const override { return static_cast<uint64_t>(index); }

  void get(int64_t index, Sample& sample) const override {
    sample.id = id(index);
    sample.label = label(index);
    sample.image.height = images_.info.height;
    sample.image.width = images_.info.width;
    sample.image.channels = images_.info.channels;
    const uint8_t* from = images_.pixels.data() + index * bytes_;
    sample.image.pixels.assign(from, from + bytes_);
    sample.vector.clear();
  }

  std::string source(int64_t index) const override {
    const MemoryImages::Part* part = &images_.parts.front();
    for (const auto& candidate : images_.parts)
      if (candidate.first <= index) part = &candidate;
    return concat(part->file, "[", index - part->first, "]");
  }

 private:
  MemoryImages images_;
  int64_t bytes_;  // of one image
  int64_t size_ = 0;
};

}  // namespace

DatasetPtr memory_dataset(MemoryImages images) { return std::make_shared<MemoryDataset>(std::move(images)); }

}  // namespace kindred
