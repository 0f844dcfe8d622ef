// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/brace_range.h"

#include <charconv>
#include <cstdint>

#include "kindred/core/error.h"

namespace kindred {
namespace {

constexpr int64_t kMostNames = 1'000'000;

int64_t bound(std::string_view digits, std::string_view text) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  check(error == std::errc() && end == digits.data() + digits.size() && value >= 0,
        "braces: expected whole numbers as in {000..009}, got \"", digits, "\" in ", text);
  return value;
}

// What stands between two braces, as a list.
std::vector<std::string> choices(std::string_view inside, std::string_view text) {
  std::vector<std::string> list;
  if (const size_t dots = inside.find(".."); dots != std::string_view::npos) {
    const std::string_view low = inside.substr(0, dots);
    const int64_t first = bound(low, text), last = bound(inside.substr(dots + 2), text);
    check(first <= last && last - first < kMostNames, "braces: expected a rising range of at most ", kMostNames,
          " names, got {", inside, "} in ", text);
    for (int64_t i = first; i <= last; ++i) {
      const std::string digits = std::to_string(i);
      list.push_back(std::string(low.size() - std::min(low.size(), digits.size()), '0') + digits);
    }
    return list;
  }
  for (size_t at = 0; at <= inside.size();) {
    const size_t comma = std::min(inside.find(',', at), inside.size());
    list.emplace_back(inside.substr(at, comma - at));
    at = comma + 1;
  }
  return list;
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view text) {
  const size_t open = text.find('{');
  if (open == std::string_view::npos) return {std::string(text)};
  const size_t close = text.find('}', open);
  check(close != std::string_view::npos, "braces: expected a closing }, got \"", text, "\"");
  const auto middles = choices(text.substr(open + 1, close - open - 1), text);
  const auto ends = expand_braces(text.substr(close + 1));
  check(static_cast<int64_t>(middles.size() * ends.size()) <= kMostNames, "braces: expected at most ", kMostNames,
        " names, got ", middles.size() * ends.size(), " from ", text);
  std::vector<std::string> names;
  for (const std::string& middle : middles)
    for (const std::string& end : ends) names.push_back(std::string(text.substr(0, open)) + middle + end);
  return names;
}

}  // namespace kindred
