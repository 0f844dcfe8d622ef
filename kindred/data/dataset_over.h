// SPDX-License-Identifier: Apache-2.0
// A data set made of another one: what is known of a sample without decoding is the other's. For subset.cpp and the caches.
#pragma once

#include <string>
#include <utility>

#include "kindred/data/dataset.h"

namespace kindred {

class DatasetOver : public Dataset {
 public:
  const DatasetInfo& info() const override { return base_->info(); }
  int64_t size() const override { return base_->size(); }
  int64_t label(int64_t index) const override { return base_->label(at(index)); }
  int64_t group(int64_t index) const override { return base_->group(at(index)); }
  double time(int64_t index) const override { return base_->time(at(index)); }
  double score(int64_t index) const override { return base_->score(at(index)); }
  uint64_t id(int64_t index) const override { return base_->id(at(index)); }
  uint32_t copy(int64_t index) const override { return base_->copy(at(index)); }
  std::string source(int64_t index) const override { return base_->source(at(index)); }
  int64_t skipped() const override { return base_->skipped(); }

 protected:
  explicit DatasetOver(DatasetPtr base) : base_(std::move(base)) {}
  // The other's number of this sample.
  virtual int64_t at(int64_t index) const { return index; }

  DatasetPtr base_;
};

}  // namespace kindred
