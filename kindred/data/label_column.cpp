// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/label_column.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kindred/core/error.h"

namespace kindred {
namespace {

std::optional<int32_t> class_number(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < -1) return {};
  return value;
}

}  // namespace

std::string LabelColumn::add(std::string_view text) {
  if (text.empty()) return add_none(), std::string();
  const std::optional<int32_t> number = class_number(text);
  if (kind_ == Kind::kAuto) kind_ = number ? Kind::kNumbers : Kind::kNames;
  if (kind_ == Kind::kNumbers) {
    if (!number)
      return concat("expected a label that is a whole number from -1 to 2147483647, got \"", text,
                    "\"; labels=names takes all labels as names");
    labels_.push_back(*number);
    return {};
  }
  spare_ = text;
  const auto entry = names_.try_emplace(spare_, static_cast<int32_t>(names_.size())).first;
  labels_.push_back(entry->second);
  return {};
}

void LabelColumn::finish(DatasetInfo& info) {
  info.labelled = std::ranges::any_of(labels_, [](int32_t label) { return label >= 0; });
  for (const auto& [name, number] : names_) info.class_names.push_back(name);
  std::ranges::sort(info.class_names);
  std::vector<int32_t> sorted(names_.size());
  for (size_t i = 0; i < sorted.size(); ++i)
    sorted[static_cast<size_t>(names_.at(info.class_names[i]))] = static_cast<int32_t>(i);
  if (!sorted.empty())
    for (int32_t& label : labels_)
      if (label >= 0) label = sorted[static_cast<size_t>(label)];
  names_.clear();
  if (!info.labelled) labels_ = {};
}

}  // namespace kindred
