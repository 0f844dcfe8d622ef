// SPDX-License-Identifier: Apache-2.0
#include "kindred/report/verdict.h"

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/report/numbers.h"

namespace kindred::report {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<std::string> compared_columns(const ReportData& data) {
  std::vector<std::string> names = data.columns;
  for (const auto& difference : data.differences) add_once(names, difference.column);
  return names;
}

std::string with_interval(const ReportDifference& d) {
  return concat(points(d.value), " points, 95 % interval ", points_interval(d.low, d.high));
}

std::string on_columns(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? concat(" on ", columns[0]) : concat(" on every column: ", enumeration(columns));
}

}  // namespace

Judgement judge(const ReportDifference& difference) {
  if (difference.low > 0) return Judgement::kBetter;
  if (difference.high < 0) return Judgement::kWorse;
  return Judgement::kUnclear;
}

std::vector<std::string> baselines(const ReportData& data) {
  std::vector<std::string> names;
  for (const auto& difference : data.differences) add_once(names, difference.baseline);
  for (size_t i = 0; i + 1 < data.rows.size(); ++i) add_once(names, data.rows[i].name);
  return names;
}

const ReportDifference* find_difference(const ReportData& data, const std::string& baseline,
                                        const std::string& column) {
  for (const auto& difference : data.differences)
    if (difference.baseline == baseline && difference.column == column) return &difference;
  return nullptr;
}

Verdict verdict(const ReportData& data) {
  if (data.differences.empty())
    return {.outcome = Outcome::kUnknown,
            .sentence =
                "The trained encoder was not compared with a baseline on the same test samples, so this page "
                "cannot say whether training helped.",
            .details = {}};
  const auto names = baselines(data);
  const auto columns = compared_columns(data);
  Verdict result;
  bool all_better = true, all_compared = true;
  for (const auto& baseline : names) {
    for (const auto& column : columns) {
      const ReportDifference* difference = find_difference(data, baseline, column);
      if (difference == nullptr) {
        all_compared = false;
        result.details.push_back(concat(column, " against ", baseline, ": not compared."));
      } else if (judge(*difference) != Judgement::kBetter) {
        all_better = false;
        const char* finding = judge(*difference) == Judgement::kWorse ? "worse" : "no clear difference";
        result.details.push_back(
            concat(column, " against ", baseline, ": ", finding, " (", with_interval(*difference), ")."));
      }
    }
  }
  if (!all_better) {
    result.outcome = Outcome::kNo;
    result.sentence = concat("The trained encoder does not beat ", enumeration(names),
                             columns.size() == 1 ? concat(" on ", columns[0]) : std::string(" on every column"), ".");
  } else if (!all_compared) {
    result.outcome = Outcome::kUnknown;
    result.sentence = "The trained encoder wins every comparison that was made, but not all were made.";
  } else {
    result.outcome = Outcome::kYes;
    result.sentence = concat("The trained encoder beats ", enumeration(names), on_columns(columns), ".");
  }
  return result;
}

}  // namespace kindred::report
