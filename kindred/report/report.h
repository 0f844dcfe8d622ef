// SPDX-License-Identifier: Apache-2.0
// report.html: one self-contained page about a run. Charts by Chart.js, inlined; pictures as data URIs; no network.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kindred/data/dataset.h"

namespace kindred {

struct ReportCurve {
  std::string name;  // "loss"
  std::string unit;
  std::vector<std::pair<double, double>> points;  // (step, value)
};
struct ReportCell {
  double value = 0, low = 0, high = 0;  // shares of 1
};
struct ReportRow {
  std::string name;               // "pixels", "random convnet", "trained"
  std::vector<ReportCell> cells;  // one per column
};
struct ReportDifference {  // trained minus baseline, paired
  std::string baseline, column;
  double value = 0, low = 0, high = 0;
};
struct ReportNeighbours {
  int64_t query = 0;                // index in the queries' data set
  std::vector<int64_t> neighbours;  // indices in the corpus
  std::vector<double> similarity;
};
struct ReportPoint {
  double x = 0, y = 0;
  int64_t label = -1;
  int64_t sample = 0;  // index in the queries' data set
};

struct ReportData {
  std::string title;
  std::vector<std::string> commands;                       // exact commands to reproduce it, one per line
  std::vector<std::pair<std::string, std::string>> facts;  // "encoder" -> "convnet, 391 040 parameters"
  std::vector<ReportCurve> curves;
  std::vector<std::string> columns;    // of the table: "kNN", "linear", "10 labels per class"
  std::vector<std::string> protocols;  // protocol line per column
  std::vector<ReportRow> rows;         // baselines first, the trained encoder last
  std::vector<ReportDifference> differences;
  std::vector<ReportNeighbours> neighbours;  // eight queries
  std::vector<ReportPoint> map;
  std::string map_caption;
  std::vector<std::string> warnings;  // the collapse watch, plain sentences
  DatasetPtr queries, corpus;         // where the pictures come from; image data sets only, may be null
  std::string config_toml;
};

std::string report_html(const ReportData& data);
void write_report(const std::filesystem::path& path, const ReportData& data);  // atomic

}  // namespace kindred
