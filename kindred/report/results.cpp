// SPDX-License-Identifier: Apache-2.0
// The table of figures, the table of paired differences, and the protocol of each column.
#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/report/numbers.h"
#include "kindred/report/sections.h"
#include "kindred/report/verdict.h"

namespace kindred::report {
namespace {

bool measured(const ReportRow& row, size_t column) {
  return column < row.cells.size() && std::isfinite(row.cells[column].value);
}

// The row with the largest value of a column, or -1 where fewer than two rows have one.
int64_t best_row(const ReportData& data, size_t column) {
  int64_t best = -1, count = 0;
  for (size_t r = 0; r < data.rows.size(); ++r) {
    if (!measured(data.rows[r], column)) continue;
    ++count;
    if (best < 0 || data.rows[r].cells[column].value > data.rows[static_cast<size_t>(best)].cells[column].value)
      best = static_cast<int64_t>(r);
  }
  return count > 1 ? best : -1;
}

Slot value_cell(const ReportRow& row, size_t column, const std::string& name, bool best) {
  Slot cell = slots();
  cell.set("column", name);
  cell.set("value", false);
  if (!measured(row, column)) return cell;
  const ReportCell& figures = row.cells[column];
  cell.set("value", percent(figures.value));
  cell.set("interval", percent_interval(figures.low, figures.high));
  cell.set("best", best);
  return cell;
}

Slot value_rows(const ReportData& data) {
  Slot rows = slot_list();
  for (size_t r = 0; r < data.rows.size(); ++r) {
    const ReportRow& source = data.rows[r];
    check(source.cells.size() <= data.columns.size(), "report: expected at most ", data.columns.size(),
          " cells in row \"", source.name, "\", got ", source.cells.size());
    Slot cells = slot_list();
    for (size_t c = 0; c < data.columns.size(); ++c)
      cells.push_back(value_cell(source, c, data.columns[c], best_row(data, c) == static_cast<int64_t>(r)));
    Slot row = slots();
    row.set("name", source.name);
    row.set("trained", data.rows.size() > 1 && r + 1 == data.rows.size());
    row.set("cells", cells);
    rows.push_back(row);
  }
  return rows;
}

// What a bar of one column spans: all its intervals and zero, and a little air.
struct Span {
  double low = 0, high = 0;
  std::string share(double value) const { return fixed(100 * (value - low) / (high - low), 2); }
};

Span span_of(const ReportData& data, const std::string& column) {
  Span span;
  for (const auto& difference : data.differences) {
    if (difference.column != column || !std::isfinite(difference.low) || !std::isfinite(difference.high)) continue;
    span.low = std::min(span.low, difference.low);
    span.high = std::max(span.high, difference.high);
  }
  const double air = 0.06 * (span.high - span.low);
  return {span.low - air, span.high + air};
}

Slot difference_cell(const ReportDifference* difference, const std::string& column, const Span& span) {
  Slot cell = slots();
  cell.set("column", column);
  cell.set("value", false);
  cell.set("bar", false);
  if (difference == nullptr) return cell;
  cell.set("value", points(difference->value));
  cell.set("interval", points_interval(difference->low, difference->high));
  switch (judge(*difference)) {
    case Judgement::kBetter:
      cell.set("class", "better");
      cell.set("judgement", "trained is better");
      break;
    case Judgement::kWorse:
      cell.set("class", "worse");
      cell.set("judgement", "trained is worse");
      break;
    case Judgement::kUnclear:
      cell.set("class", "unclear");
      cell.set("judgement", "no clear difference");
      break;
  }
  if (span.high > span.low && std::isfinite(difference->low) && std::isfinite(difference->high)) {
    Slot bar = slots();
    bar.set("low", span.share(difference->low));
    bar.set("high", span.share(difference->high));
    bar.set("zero", span.share(0));
    cell.set("bar", bar);
  }
  return cell;
}

Slot difference_table(const ReportData& data) {
  if (data.differences.empty()) return false;
  Slot rows = slot_list();
  for (const auto& baseline : baselines(data)) {
    Slot cells = slot_list();
    for (const auto& column : data.columns)
      cells.push_back(difference_cell(find_difference(data, baseline, column), column, span_of(data, column)));
    Slot row = slots();
    row.set("name", baseline);
    row.set("cells", cells);
    rows.push_back(row);
  }
  Slot table = slots();
  table.set("rows", rows);
  return table;
}

Slot protocol_lines(const ReportData& data) {
  if (data.protocols.empty()) return false;
  check(data.protocols.size() <= data.columns.size(), "report: expected at most ", data.columns.size(),
        " protocol lines, one per column, got ", data.protocols.size());
  Slot lines = slot_list();
  for (size_t c = 0; c < data.protocols.size(); ++c) {
    Slot line = slots();
    line.set("column", data.columns[c]);
    line.set("text", data.protocols[c]);
    lines.push_back(line);
  }
  Slot protocols = slots();
  protocols.set("lines", lines);
  return protocols;
}

}  // namespace

Slot results_section(const ReportData& data) {
  if (data.rows.empty() || data.columns.empty()) return false;
  Slot columns = slot_list();
  for (const auto& name : data.columns) columns.push_back(Slot("text", name));
  Slot section = slots();
  section.set("columns", columns);
  section.set("has_best", data.rows.size() > 1);
  section.set("rows", value_rows(data));
  section.set("differences", difference_table(data));
  section.set("protocols", protocol_lines(data));
  return section;
}

}  // namespace kindred::report
