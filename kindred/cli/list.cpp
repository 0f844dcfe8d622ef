// SPDX-License-Identifier: Apache-2.0
// kindred list: straight from the registries.
#include <functional>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/data/spec.h"
#include "kindred/eval/protocols.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/method.h"
#include "kindred/nn/encoder.h"
#include "kindred/views/image_views.h"

namespace kindred::cli {
namespace {

struct ListFlags {
  std::string what;
  bool json = false;
};
void visit_fields(FieldList& v, ListFlags& o) {
  v("what", o.what, "methods, encoders, losses, datasets, augmentations, protocols; all where left out");
  v("json", o.json, "one JSON object");
}

// The options of a thing: name, type, default, help, what is allowed.
Json options_json(const std::vector<Field>& fields) {
  Json options = Json::array();
  for (const auto& field : fields) {
    Json option = {{"name", field.name}, {"type", type_text(field.value)}};
    std::visit([&](const auto* value) { option["default"] = *value; }, field.value);
    option["help"] = field.help;
    if (!field.choices.empty()) option["choices"] = field.choices;
    else if (const auto range = field.range.text(); range != "any number") option["range"] = range;
    options.push_back(std::move(option));
  }
  return options;
}

Json methods_json() {
  Json list = Json::array();
  for (const auto& row : method_rows())
    list.push_back({{"name", row.name},
                    {"summary", row.summary},
                    {"paper", row.paper},
                    {"views", row.views},
                    {"needs_labels", row.needs_labels},
                    {"view_preset", row.view_preset},
                    {"options", options_json(row.recipe()->fields())}});
  return list;
}

Json encoders_json() {
  Json list = Json::array();
  for (const auto& row : encoder_rows())
    list.push_back({{"name", row.name}, {"summary", row.summary}, {"options", options_json(row.recipe()->fields())}});
  return list;
}

Json losses_json() {
  Json list = Json::array();
  for (const auto& row : loss_rows())
    list.push_back({{"name", row.name},
                    {"summary", row.summary},
                    {"needs", row.needs},
                    {"options", options_json(row.recipe()->fields())}});
  return list;
}

Json datasets_json() {
  Json list = Json::array();
  for (const auto& row : dataset_rows())
    list.push_back({{"name", row.name}, {"summary", row.summary}, {"example", row.example}});
  return list;
}

Json protocols_json() {
  Json list = Json::array();
  for (const auto& row : protocol_rows())
    list.push_back({{"name", row.name}, {"summary", row.summary}, {"options", options_json(row.recipe()->fields())}});
  return list;
}

// Presets of the augmented views with their strengths.
Json augmentations_json() {
  Json list = Json::array();
  for (const auto& name : image_view_presets()) {
    auto options = image_view_preset(name);
    list.push_back({{"name", name}, {"summary", "preset of views.*"}, {"options", options_json(fields_of(options))}});
  }
  return list;
}

struct Kind {
  std::string name;
  Json (*rows)();
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> list{
      {"methods", methods_json},   {"encoders", encoders_json},           {"losses", losses_json},
      {"datasets", datasets_json}, {"augmentations", augmentations_json}, {"protocols", protocols_json}};
  return list;
}

void print_rows(const std::string& kind, const Json& rows, std::ostream& out) {
  out << kind << "\n";
  for (const auto& row : rows) {
    const auto name = row["name"].get<std::string>();
    out << "  " << name << std::string(name.size() < 16 ? 16 - name.size() : 1, ' ')
        << row["summary"].get<std::string>();
    if (row.contains("paper") && !row["paper"].get<std::string>().empty())
      out << " (" << row["paper"].get<std::string>() << ")";
    if (row.contains("example")) out << ", e.g. " << row["example"].get<std::string>();
    out << "\n";
  }
}

}  // namespace

int run_list(Arguments arguments, Io& io) {
  ListFlags flags;
  const auto fields = fields_of(flags);
  const auto typed = parse_flags({.command = "list",
                                  .summary = "what there is, from the registries",
                                  .example = "kindred list methods --json",
                                  .positional = {"what"}},
                                 fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  std::vector<std::string> names;
  for (const auto& kind : kinds()) names.push_back(kind.name);
  check(flags.what.empty() || std::find(names.begin(), names.end(), flags.what) != names.end(),
        unknown_name("kindred list", "a registry", flags.what, names));
  Json all = Json::object();
  for (const auto& kind : kinds()) {
    if (!flags.what.empty() && flags.what != kind.name) continue;
    const Json rows = kind.rows();
    if (flags.json) all[kind.name] = rows;
    else print_rows(kind.name, rows, io.out);
  }
  if (flags.json) io.out << all.dump() << "\n";
  return 0;
}

}  // namespace kindred::cli
