// SPDX-License-Identifier: Apache-2.0
// A data set whose samples say who they are, and views that show it.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "kindred/data/dataset.h"
#include "kindred/views/views.h"

namespace kindred::test {

struct Row {
  int64_t group = kNoGroup;
  double time = kNoNumber;
  int64_t label = kNoLabel;
  double score = kNoNumber;
};

// Sample i has id 1000 + i and the vector {i}.
class Rows final : public Dataset {
 public:
  explicit Rows(std::vector<Row> rows) : rows_(std::move(rows)) {
    info_.name = "rows";
    info_.modality = Modality::kVector;
    info_.features = 1;
    for (const Row& row : rows_) {
      info_.grouped |= row.group != kNoGroup;
      info_.timed |= !std::isnan(row.time);
      info_.labelled |= row.label != kNoLabel;
      info_.scored |= !std::isnan(row.score);
    }
  }
  DatasetInfo info_;
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return std::ssize(rows_); }
  int64_t label(int64_t index) const override { return rows_[static_cast<size_t>(index)].label; }
  int64_t group(int64_t index) const override { return rows_[static_cast<size_t>(index)].group; }
  double time(int64_t index) const override { return rows_[static_cast<size_t>(index)].time; }
  double score(int64_t index) const override { return rows_[static_cast<size_t>(index)].score; }
  uint64_t id(int64_t index) const override { return 1000 + static_cast<uint64_t>(index); }
  std::string source(int64_t index) const override { return "row " + std::to_string(index); }
  void get(int64_t index, Sample& sample) const override {
    sample.id = id(index);
    sample.label = label(index);
    sample.vector.assign(1, static_cast<float>(index));
  }

 private:
  std::vector<Row> rows_;
};

// One view: the sample's number.
class Number final : public Views {
 public:
  int64_t count() const override { return 1; }
  std::vector<int64_t> shape(int64_t) const override { return {1}; }
  void make(const Sample& sample, uint64_t, uint32_t, int64_t, float* out, ViewScratch&) const override {
    out[0] = sample.vector.at(0);
  }
};

}  // namespace kindred::test
