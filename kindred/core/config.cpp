// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/names.h"

namespace kindred {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string scalar_text(const Setting::Scalar& scalar) {
  return std::visit(Overloaded{
                        [](bool v) -> std::string { return v ? "true" : "false"; },
                        [](int64_t v) { return std::to_string(v); },
                        [](double v) { return value_text(&v); },
                        [](std::string v) { return value_text(&v); },
                    },
                    scalar);
}

std::string setting_text(const Setting& setting) {
  if (const auto* list = std::get_if<std::vector<Setting::Scalar>>(&setting.value)) {
    std::string out = "[";
    for (size_t i = 0; i < list->size(); ++i) out += (i ? ", " : "") + scalar_text((*list)[i]);
    return out + "]";
  }
  return std::visit(
      [](const auto& v) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Setting::Scalar>>) return {};
        else return scalar_text(v);
      },
      setting.value);
}

}  // namespace

std::string setting_word(const Setting& setting) {
  const auto* text = std::get_if<std::string>(&setting.value);
  return text != nullptr ? *text : setting_text(setting);
}

namespace {

// TOML / JSON -> Setting::Scalar; false where the node is neither bool, number nor text.
bool to_scalar(const toml::node& node, Setting::Scalar& out) {
  if (const auto* v = node.as_boolean()) out = v->get();
  else if (const auto* i = node.as_integer()) out = i->get();
  else if (const auto* d = node.as_floating_point()) out = d->get();
  else if (const auto* s = node.as_string()) out = s->get();
  else return false;
  return true;
}
bool exceeds_int64(const Json& node) {
  return node.is_number_unsigned() && node.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()};
}
bool to_scalar(const Json& node, Setting::Scalar& out) {
  if (node.is_boolean()) out = node.get<bool>();
  else if (node.is_number_integer() && !exceeds_int64(node)) out = node.get<int64_t>();
  else if (node.is_number()) out = node.get<double>();
  else if (node.is_string()) out = node.get<std::string>();
  else return false;
  return true;
}

// The parts of "a,b,c", the short form of ["a", "b", "c"].
std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t start = 0; start <= text.size();) {
    const size_t comma = std::min(text.find(',', start), text.size());
    words.push_back(text.substr(start, comma - start));
    start = comma + 1;
  }
  return words;
}

// What a word means: the TOML scalar it spells, or the word itself.
Setting::Scalar word_scalar(const std::string& word) {
  try {
    const auto table = toml::parse("v = " + word);
    Setting::Scalar scalar;
    if (table.size() == 1 && table.contains("v") && to_scalar(*table.get("v"), scalar)) return scalar;
  } catch (const toml::parse_error&) {
  }
  return word;
}

Setting make_setting(const Setting::Scalar& scalar, const std::string& origin) {
  Setting setting{.value = false, .origin = origin, .typed = {}};
  std::visit([&](const auto& v) { setting.value = v; }, scalar);
  return setting;
}

// One leaf (scalar or array) of either tree; items() visits the array's elements.
template <class Node, class Items>
Setting leaf(const Node& node, const std::string& name, const std::string& origin, bool is_array, Items items) {
  if (!is_array) {
    Setting::Scalar scalar;
    check(to_scalar(node, scalar), origin, ": expected ", name, " to be a number, text, true, false or a list");
    return make_setting(scalar, origin);
  }
  std::vector<Setting::Scalar> list;
  items([&](const auto& element) {
    Setting::Scalar scalar;
    check(to_scalar(element, scalar), origin, ": expected the list ", name, " to hold numbers or texts only");
    list.push_back(std::move(scalar));
  });
  return {.value = std::move(list), .origin = origin, .typed = {}};
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& file,
             std::map<std::string, Setting>& out) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string origin = concat(file, ":", node.source().begin.line);
    if (const auto* inner = node.as_table()) {
      flatten(*inner, name + ".", file, out);
      continue;
    }
    out[name] = leaf(node, name, origin, node.is_array(), [&](auto add) {
      for (const auto& element : *node.as_array()) add(element);
    });
  }
}

void flatten(const Json& object, const std::string& prefix, const std::string& origin,
             std::map<std::string, Setting>& out) {
  for (const auto& [key, node] : object.items()) {
    const std::string name = prefix + key;
    if (node.is_object()) {
      flatten(node, name + ".", origin, out);
      continue;
    }
    out[name] = leaf(node, name, origin, node.is_array(), [&](auto add) {
      for (const auto& element : node) add(element);
    });
  }
}

// Well-formed UTF-8 (Unicode 15, table 3-7), judged by the JSON library.
bool is_utf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

[[noreturn]] void refuse(const Field& field, const Setting& setting, const std::string& expected) {
  throw InvalidArgument(setting.origin + ": expected " + field.name + " " + expected + ", got " +
                        setting_text(setting));
}

template <class T>
T convert(const Field& field, const Setting& setting, const Setting::Scalar& scalar) {
  if constexpr (std::is_same_v<T, double>) {
    if (const auto* i = std::get_if<int64_t>(&scalar)) return static_cast<double>(*i);
  }
  if constexpr (std::is_same_v<T, int64_t>) {
    if (const auto* d = std::get_if<double>(&scalar); d && *d == std::floor(*d) && std::abs(*d) < 9e15)
      return static_cast<int64_t>(*d);  // 1e5 is a whole number too
  }
  const auto* value = std::get_if<T>(&scalar);
  if (!value) refuse(field, setting, "to be " + type_text(field.value));
  return *value;
}

template <class T>
void check_value(const Field& field, const Setting& setting, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    // TOML and JSON, in which the value will be written, hold nothing else.
    if (!is_utf8(value)) refuse(field, setting, "to be valid UTF-8");
    if (field.choices.empty()) return;
    std::string all;
    for (const auto& choice : field.choices) {
      if (choice == value) return;
      all += (all.empty() ? "" : ", ") + choice;
    }
    refuse(field, setting, "one of " + all);
  } else if constexpr (!std::is_same_v<T, bool>) {
    if (!field.range.contains(static_cast<double>(value))) refuse(field, setting, field.range.text());
  }
}

// The elements of a list given as one value. A flag's bare words are split at commas ("0.1,0.2"); text of a file, or
// quoted, is one element.
template <class T>
std::vector<Setting::Scalar> short_list(const Setting& setting, const Setting::Scalar& scalar) {
  const std::string& words = setting.typed;
  const auto* text = std::get_if<std::string>(&scalar);
  if (words.empty() || (text ? *text != words : !std::is_same_v<T, std::string>)) return {scalar};
  std::vector<Setting::Scalar> items;
  for (const auto& word : split_words(words)) {
    if constexpr (std::is_same_v<T, std::string>) items.emplace_back(word);
    else items.push_back(word_scalar(word));
  }
  return items;
}

void assign(const Field& field, const Setting& setting) {
  const auto scalar = std::visit(
      [&](const auto& v) -> Setting::Scalar {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Setting::Scalar>>) return false;
        else return v;
      },
      setting.value);
  const auto* list = std::get_if<std::vector<Setting::Scalar>>(&setting.value);
  const auto one = [&]<class T>(T* target) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (!setting.typed.empty() && (list || !std::holds_alternative<std::string>(scalar))) {
        // "--out 2024" and "--name [x]" mean the text.
        check_value(field, setting, setting.typed);
        *target = setting.typed;
        return;
      }
    }
    if (list) refuse(field, setting, "to be " + type_text(field.value));
    const T value = convert<T>(field, setting, scalar);
    check_value(field, setting, value);
    *target = value;
  };
  const auto many = [&]<class T>(std::vector<T>* target) {
    std::vector<T> values;
    for (const auto& item : list ? *list : short_list<T>(setting, scalar)) {
      values.push_back(convert<T>(field, setting, item));
      check_value(field, setting, values.back());
    }
    *target = std::move(values);
  };
  std::visit(Overloaded{
                 [&](bool* v) { one(v); },
                 [&](int64_t* v) { one(v); },
                 [&](double* v) { one(v); },
                 [&](std::string* v) { one(v); },
                 [&](std::vector<double>* v) { many(v); },
                 [&](std::vector<int64_t>* v) { many(v); },
                 [&](std::vector<std::string>* v) { many(v); },
             },
             field.value);
}

}  // namespace

Config Config::from_toml(std::string_view text, const std::string& origin) {
  Config config;
  try {
    flatten(toml::parse(text), "", origin, config.settings_);
  } catch (const toml::parse_error& error) {
    throw InvalidArgument(concat(origin, ":", error.source().begin.line, ": not TOML: ", error.description()));
  }
  return config;
}

Config Config::from_toml_file(const std::filesystem::path& path) { return from_toml(read_file(path), path.string()); }

Config Config::from_json(const Json& json, const std::string& origin) {
  check(json.is_object(), origin, ": expected a JSON object of options, got ", json.dump());
  Config config;
  flatten(json, "", origin, config.settings_);
  return config;
}

void Config::set(std::string_view name, std::string_view text, const std::string& origin) {
  try {
    const auto table = toml::parse("v = " + std::string(text));
    std::map<std::string, Setting> parsed;
    flatten(table, "", origin, parsed);
    if (parsed.size() == 1 && parsed.contains("v")) {
      parsed["v"].origin = origin;
      parsed["v"].typed = text;
      settings_[std::string(name)] = parsed["v"];
      return;
    }
  } catch (const toml::parse_error&) {
  } catch (const InvalidArgument&) {
  }
  set_text(name, text, origin);
}

void Config::set_text(std::string_view name, std::string_view text, const std::string& origin) {
  settings_[std::string(name)] = {.value = std::string(text), .origin = origin, .typed = std::string(text)};
}

void Config::set_assignment(std::string_view assignment, const std::string& origin) {
  const auto equals = assignment.find('=');
  check(equals != std::string_view::npos && equals > 0, origin, ": expected NAME=VALUE, got ", assignment);
  set(assignment.substr(0, equals), assignment.substr(equals + 1), origin);
}

void Config::merge(const Config& other) {
  for (const auto& [name, setting] : other.settings_) settings_[name] = setting;
}

std::pair<Config, Config> Config::split(std::span<const Field> fields) const {
  std::pair<Config, Config> parts;
  for (const auto& [name, setting] : settings_)
    (find_field(fields, name) != nullptr ? parts.first : parts.second).put(name, setting);
  return parts;
}

std::string Config::text_or(std::string_view name, std::string_view fallback) const {
  const auto found = settings_.find(std::string(name));
  if (found == settings_.end()) return std::string(fallback);
  const auto* text = std::get_if<std::string>(&found->second.value);
  if (text == nullptr && !found->second.typed.empty()) return found->second.typed;
  check(text != nullptr, found->second.origin, ": expected ", name, " to be text, got ", setting_text(found->second));
  return *text;
}

void Config::apply(std::span<const Field> fields) const {
  for (const auto& [name, setting] : settings_) {
    const Field* field = find_field(fields, name);
    if (field == nullptr) {
      std::vector<std::string> names;
      for (const auto& candidate : fields) names.push_back(candidate.name);
      throw InvalidArgument(unknown_name(setting.origin, "an option", name, names));
    }
    assign(*field, setting);
  }
}

std::string toml_text(std::span<const Field> fields, bool comments) {
  // Plain keys first, then one section per group in order of appearance: TOML has no way back to the root.
  std::vector<std::string> sections{""};
  const auto section_of = [](const Field& field) {
    const auto dot = field.name.rfind('.');
    return dot == std::string::npos ? std::string() : field.name.substr(0, dot);
  };
  for (const auto& field : fields) {
    const auto section = section_of(field);
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) sections.push_back(section);
  }
  std::ostringstream out;
  for (const auto& section : sections) {
    bool opened = section.empty();
    for (const auto& field : fields) {
      if (section_of(field) != section) continue;
      if (!opened) out << (out.tellp() > 0 ? "\n" : "") << "[" << section << "]\n";
      opened = true;
      if (comments && !field.help.empty()) out << "# " << field.help << "\n";
      const auto dot = field.name.rfind('.');
      out << (dot == std::string::npos ? field.name : field.name.substr(dot + 1)) << " = " << value_text(field.value)
          << "\n";
    }
  }
  return out.str();
}

Json fields_json(std::span<const Field> fields) {
  Json root = Json::object();
  for (const auto& field : fields) {
    Json* node = &root;
    std::string_view rest = field.name;
    for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      node = &(*node)[std::string(rest.substr(0, dot))];
      rest.remove_prefix(dot + 1);
    }
    std::visit([&](const auto* value) { (*node)[std::string(rest)] = *value; }, field.value);
  }
  return root;
}

}  // namespace kindred
