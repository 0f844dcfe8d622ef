// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/names.h"

#include <algorithm>
#include <numeric>

namespace kindred {
namespace {

constexpr size_t kMostListed = 12;  // longer lists help nobody in one line

// Levenshtein distance, two rows.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates) {
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const auto& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    // The last part of a dotted name counts too: "temperature" is near "loss.temperature".
    const auto dot = candidate.rfind('.');
    const size_t tail =
        dot == std::string::npos ? distance : edit_distance(name, std::string_view(candidate).substr(dot + 1)) + 1;
    const size_t best = std::min(distance, tail);
    if (best * 2 <= std::max<size_t>(name.size(), 2)) ranked.emplace_back(best, candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (size_t i = 0; i < ranked.size() && i < 3; ++i) names.push_back(ranked[i].second);
  return names;
}

std::string unknown_name(std::string_view who, std::string_view kind, std::string_view name,
                         std::span<const std::string> candidates) {
  const auto near = nearest_names(name, candidates);
  std::string out = std::string(who) + ": expected " + std::string(kind);
  if (candidates.size() <= kMostListed) {
    out += " one of " + joined(candidates);
    if (!near.empty()) out += " (did you mean " + near[0] + "?)";
  } else if (!near.empty()) {
    out += ", perhaps " + joined(near);
  }
  return out + ", got \"" + std::string(name) + "\"";
}

}  // namespace kindred
