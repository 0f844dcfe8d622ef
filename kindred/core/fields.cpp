// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/fields.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "kindred/core/error.h"

namespace kindred {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  // A TOML float needs a point or an exponent, or it reads back as an integer.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

template <class List, class Text>
std::string list_text(const List& list, Text text) {
  std::string out = "[";
  for (size_t i = 0; i < list.size(); ++i) out += (i ? ", " : "") + text(list[i]);
  return out + "]";
}

std::string plain(double value) {
  std::string text = number_text(value);
  if (text.size() > 2 && text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

bool contains(const std::vector<std::string>& choices, const std::string& value) {
  for (const auto& choice : choices)
    if (choice == value) return true;
  return choices.empty();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

bool Range::contains(double value) const {
  if (std::isnan(value)) return false;
  if (low_open ? value <= low : value < low) return false;
  return high_open ? value < high : value <= high;
}

std::string Range::text() const {
  const bool has_low = std::isfinite(low), has_high = std::isfinite(high);
  if (has_low && has_high)
    return std::string("in ") + (low_open ? "(" : "[") + plain(low) + ", " + plain(high) + (high_open ? ")" : "]");
  if (has_low) return (low_open ? "> " : ">= ") + plain(low);
  if (has_high) return (high_open ? "< " : "<= ") + plain(high);
  return "any number";
}

void FieldList::add(std::string_view name, FieldRef value, std::string_view help, Range range,
                    std::vector<std::string> choices) {
  fields_.push_back({prefix_ + std::string(name), value, std::string(help), range, std::move(choices)});
}

void FieldList::operator()(std::string_view name, bool& value, std::string_view help) {
  add(name, &value, help, {}, {});
}
void FieldList::operator()(std::string_view name, int64_t& value, std::string_view help, Range range) {
  add(name, &value, help, range, {});
}
void FieldList::operator()(std::string_view name, double& value, std::string_view help, Range range) {
  add(name, &value, help, range, {});
}
void FieldList::operator()(std::string_view name, std::string& value, std::string_view help,
                           std::vector<std::string> choices) {
  add(name, &value, help, {}, std::move(choices));
}
void FieldList::operator()(std::string_view name, std::vector<double>& value, std::string_view help, Range range) {
  add(name, &value, help, range, {});
}
void FieldList::operator()(std::string_view name, std::vector<int64_t>& value, std::string_view help, Range range) {
  add(name, &value, help, range, {});
}
void FieldList::operator()(std::string_view name, std::vector<std::string>& value, std::string_view help,
                           std::vector<std::string> choices) {
  add(name, &value, help, {}, std::move(choices));
}

void FieldList::append(std::string_view name, std::vector<Field> fields) {
  for (auto& field : fields) {
    field.name = prefix_ + (name.empty() ? "" : std::string(name) + ".") + field.name;
    fields_.push_back(std::move(field));
  }
}

const Field* find_field(std::span<const Field> fields, std::string_view name) {
  for (const auto& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

std::string value_text(const FieldRef& value) {
  const auto whole = [](int64_t v) { return std::to_string(v); };
  return std::visit(Overloaded{
                        [](const bool* v) -> std::string { return *v ? "true" : "false"; },
                        [&](const int64_t* v) { return whole(*v); },
                        [](const double* v) { return number_text(*v); },
                        [](const std::string* v) { return quoted(*v); },
                        [](const std::vector<double>* v) { return list_text(*v, number_text); },
                        [&](const std::vector<int64_t>* v) { return list_text(*v, whole); },
                        [](const std::vector<std::string>* v) { return list_text(*v, quoted); },
                    },
                    value);
}

std::string type_text(const FieldRef& value) {
  static constexpr const char* kNames[] = {"true or false",   "whole number",          "number",       "text",
                                           "list of numbers", "list of whole numbers", "list of texts"};
  return kNames[value.index()];
}

void check_fields(std::span<const Field> fields, std::string_view who) {
  for (const auto& field : fields) {
    const auto number = [&](double v) {
      check(field.range.contains(v), who, ": expected ", field.name, " ", field.range.text(), ", got ", plain(v));
    };
    const auto word = [&](const std::string& v) {
      check(contains(field.choices, v), who, ": expected ", field.name, " one of ", joined(field.choices), ", got ",
            quoted(v));
    };
    std::visit(Overloaded{
                   [](const bool*) {},
                   [&](const int64_t* v) { number(static_cast<double>(*v)); },
                   [&](const double* v) { number(*v); },
                   [&](const std::string* v) { word(*v); },
                   [&](const std::vector<double>* v) {
                     for (const double x : *v) number(x);
                   },
                   [&](const std::vector<int64_t>* v) {
                     for (const int64_t x : *v) number(static_cast<double>(x));
                   },
                   [&](const std::vector<std::string>* v) {
                     for (const auto& x : *v) word(x);
                   },
               },
               field.value);
  }
}

bool same_values(std::span<const Field> a, std::span<const Field> b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].value.index() != b[i].value.index()) return false;
    const bool same = std::visit(
        [&](auto* left) {
          const auto* right = std::get<decltype(left)>(b[i].value);
          if constexpr (std::is_same_v<decltype(left), double*>) return same_bits(*left, *right);
          else return *left == *right;
        },
        a[i].value);
    if (!same) return false;
  }
  return true;
}

}  // namespace kindred
