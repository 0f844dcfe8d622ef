// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the names nearest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

// Up to three of candidates, nearest first by edit distance, none further than half the length of name.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates);

// One line for an unknown name: "<who>: expected <kind> one of a, b, c (did you mean b?), got \"x\"".
// Long lists are cut to the nearest names.
std::string unknown_name(std::string_view who, std::string_view kind, std::string_view name,
                         std::span<const std::string> candidates);

}  // namespace kindred
