// SPDX-License-Identifier: Apache-2.0
// Labels written as text, one after another, to classes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kindred/data/dataset.h"

namespace kindred {

// Whole numbers are classes as they are; names become 0 .. C-1 in the order of their bytes. An empty text is no label,
// and so is -1 among numbers.
class LabelColumn {
 public:
  // kAuto: as the first label looks.
  enum class Kind { kAuto, kNumbers, kNames };
  explicit LabelColumn(Kind kind) : kind_(kind) {}

  // Empty, or what is wrong with the text ("expected ..., got ..."); nothing is added then.
  std::string add(std::string_view text);
  void add_none() { labels_.push_back(-1); }
  // Maps the names, fills in info.labelled and info.class_names. After the last add().
  void finish(DatasetInfo& info);

  int64_t at(int64_t item) const { return labels_.empty() ? kNoLabel : labels_[static_cast<size_t>(item)]; }

 private:
  Kind kind_;
  std::vector<int32_t> labels_;
  std::unordered_map<std::string, int32_t> names_;  // in the order of coming, until finish()
  std::string spare_;                               // the text to look up
};

}  // namespace kindred
