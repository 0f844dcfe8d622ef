// SPDX-License-Identifier: Apache-2.0
// The 2-D map: points for the chart, class names for the legend, a sheet of pictures for the pointer.
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "kindred/core/error.h"
#include "kindred/report/numbers.h"
#include "kindred/report/pictures.h"
#include "kindred/report/sections.h"

namespace kindred::report {
namespace {

std::string map_label(const ReportData& data) {
  std::set<int64_t> labels;
  for (const auto& point : data.map)
    if (point.label != kNoLabel) labels.insert(point.label);
  std::string text = concat("Map of ", data.map.size(), " embeddings in two dimensions");
  if (!labels.empty())
    text += concat(", coloured by class, ", labels.size(), labels.size() == 1 ? " class" : " classes");
  return text + ".";
}

}  // namespace

Sheet map_sheet(const ReportData& data) {
  if (data.queries == nullptr) return {};
  std::vector<int64_t> indices;
  for (const auto& point : data.map) {
    check(point.sample >= 0 && point.sample < data.queries->size(), "report: expected a sample of the map in [0, ",
          data.queries->size(), "), got ", point.sample);
    indices.push_back(point.sample);
  }
  return sheet(*data.queries, indices);
}

Slot map_section(const ReportData& data, const Sheet& pictures) {
  if (data.map.empty()) return false;
  Slot section = slots();
  section.set("caption", data.map_caption);
  section.set("label", map_label(data));
  section.set("sprite", pictures.uri.empty() ? Slot(false) : Slot(pictures.uri));
  return section;
}

Json map_json(const ReportData& data, const Sheet& pictures) {
  if (data.map.empty()) return nullptr;
  Json points = Json::array(), sources = Json::array(), names = Json::object();
  const Dataset* dataset = data.queries.get();
  for (const auto& point : data.map) {
    points.push_back(Json::array({rounded(point.x, 5), rounded(point.y, 5), point.label}));
    if (dataset != nullptr) sources.push_back(dataset->source(point.sample));
    if (point.label != kNoLabel) names[std::to_string(point.label)] = class_name(dataset, point.label);
  }
  return Json{{"points", std::move(points)},
              {"names", std::move(names)},
              {"sources", std::move(sources)},
              {"tile", pictures.tile},
              {"tiles_per_row", pictures.per_row}};
}

}  // namespace kindred::report
