// SPDX-License-Identifier: Apache-2.0
// The parts of the page: each turns its share of ReportData into what page.html (a Mustache template) asks for.
// A key that is false or absent hides its section of the template.
#pragma once

#include <cstdint>
#include <kainjow/mustache.hpp>
#include <string>

#include "kindred/core/json_fwd.h"
#include "kindred/report/pictures.h"
#include "kindred/report/report.h"

namespace kindred::report {

using Slot = kainjow::mustache::data;

inline Slot slots() { return Slot(Slot::type::object); }
inline Slot slot_list() { return Slot(Slot::type::list); }

Slot results_section(const ReportData& data);     // false where there is no table
Slot curves_section(const ReportData& data);      // list
Slot neighbours_section(const ReportData& data);  // list of queries
std::string neighbours_line(const ReportData& data);
Sheet map_sheet(const ReportData& data);  // pictures of the map's samples, in the order of the points
Slot map_section(const ReportData& data, const Sheet& pictures);  // false where there are no points

// What page.js reads.
Json curves_json(const ReportData& data);
Json map_json(const ReportData& data, const Sheet& pictures);  // null where there are no points

// "shirt", "class 3", or empty where the label is kNoLabel.
std::string class_name(const Dataset* dataset, int64_t label);

}  // namespace kindred::report
