// SPDX-License-Identifier: Apache-2.0
#include "kindred/report/report.h"

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/report/assets.h"
#include "kindred/report/sections.h"
#include "kindred/report/verdict.h"

namespace kindred {
namespace report {
namespace {

Slot texts(const std::vector<std::string>& lines) {
  Slot list = slot_list();
  for (const auto& line : lines) list.push_back(Slot("text", line));
  return list;
}

Slot verdict_slots(const ReportData& data) {
  const Verdict found = verdict(data);
  Slot item = slots();
  switch (found.outcome) {
    case Outcome::kYes:
      item.set("class", "yes");
      item.set("mark", "\u2713");
      break;
    case Outcome::kNo:
      item.set("class", "no");
      item.set("mark", "\u2717");
      break;
    case Outcome::kUnknown:
      item.set("class", "unknown");
      item.set("mark", "?");
      break;
  }
  item.set("sentence", found.sentence);
  item.set("has_details", !found.details.empty());
  item.set("details", texts(found.details));
  return item;
}

Slot section_links() {
  Slot list = slot_list();
  for (const auto& [id, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"results", "Results"},
                                                                  {"curves", "Curves"},
                                                                  {"neighbours", "Neighbours"},
                                                                  {"map", "Map"},
                                                                  {"facts", "Facts"},
                                                                  {"warnings", "Warnings"},
                                                                  {"reproduce", "Reproduce"}}) {
    Slot link = slots();
    link.set("id", id);
    link.set("name", name);
    list.push_back(link);
  }
  return list;
}

Slot facts(const ReportData& data) {
  Slot list = slot_list();
  for (const auto& [name, value] : data.facts) {
    Slot fact = slots();
    fact.set("name", name);
    fact.set("value", value);
    list.push_back(fact);
  }
  return list;
}

Slot commands(const ReportData& data) {
  std::string text;
  for (const auto& line : data.commands) text += line + "\n";
  return text.empty() ? Slot(false) : Slot("text", text);
}

std::string warnings_line(size_t count) {
  return count == 1 ? "One warning: see below." : concat(count, " warnings: see below.");
}

// JSON inside a <script>: no '<' of the data may start a tag. It can only stand inside strings, where \u003c means
// the same.
std::string script_json(const Json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') text += "\\u003c";
    else text += c;
  }
  return text;
}

Slot charts(const ReportData& data, const Sheet& pictures) {
  const Json curves = curves_json(data), map = map_json(data, pictures);
  if (curves.empty() && map.is_null()) return false;
  Slot item = slots();
  item.set("json", script_json(Json{{"curves", curves}, {"map", map}}));
  item.set("chart_js", std::string(chart_js()));
  return item;
}

Slot page_slots(const ReportData& data) {
  Slot page = slots();
  page.set("title", data.title.empty() ? "Training report" : data.title);
  page.set("style", std::string(page_css()));
  page.set("script", std::string(page_js()));
  page.set("sections", section_links());
  page.set("verdict", verdict_slots(data));
  page.set("results", results_section(data));
  const Slot curves = curves_section(data);
  page.set("has_curves", !curves.is_empty_list());
  page.set("curves", curves);
  page.set("has_queries", !data.neighbours.empty());
  page.set("queries", neighbours_section(data));
  page.set("queries_line", neighbours_line(data));
  const Sheet pictures = map_sheet(data);
  page.set("map", map_section(data, pictures));
  page.set("has_facts", !data.facts.empty());
  page.set("facts", facts(data));
  page.set("has_warnings", !data.warnings.empty());
  page.set("warnings", texts(data.warnings));
  page.set("warnings_line", data.warnings.empty() ? Slot(false) : Slot(warnings_line(data.warnings.size())));
  page.set("commands", commands(data));
  page.set("config", data.config_toml.empty() ? Slot(false) : Slot("text", data.config_toml));
  page.set("charts", charts(data, pictures));
  return page;
}

}  // namespace
}  // namespace report

std::string report_html(const ReportData& data) {
  kainjow::mustache::mustache page{std::string(report::page_html())};
  std::string html = page.render(report::page_slots(data));
  if (!page.is_valid()) throw std::logic_error("page.html: " + page.error_message());
  return html;
}

void write_report(const std::filesystem::path& path, const ReportData& data) { write_file(path, report_html(data)); }

}  // namespace kindred
