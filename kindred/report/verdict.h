// SPDX-License-Identifier: Apache-2.0
// The one sentence at the top of the page: did training help?
//
// Yes only where every baseline was compared on every column and every paired interval lies above zero.
#pragma once

#include <string>
#include <vector>

#include "kindred/report/report.h"

namespace kindred::report {

enum class Outcome { kYes, kNo, kUnknown };  // kUnknown: nothing, or not everything, was compared

struct Verdict {
  Outcome outcome = Outcome::kUnknown;
  std::string sentence;
  std::vector<std::string> details;  // what stands in the way of a yes, one sentence each
};

// The trained encoder is the last of data.rows, the rows before it are baselines.
Verdict verdict(const ReportData& data);

enum class Judgement { kBetter, kWorse, kUnclear };
Judgement judge(const ReportDifference& difference);

// The names of the baselines: those of the differences in order, then rows that no difference mentions.
std::vector<std::string> baselines(const ReportData& data);
// The difference for this baseline and column, or nullptr.
const ReportDifference* find_difference(const ReportData& data, const std::string& baseline, const std::string& column);

}  // namespace kindred::report
