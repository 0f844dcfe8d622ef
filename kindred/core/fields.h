// SPDX-License-Identifier: Apache-2.0
// Options structs as data: one list of fields per struct feeds TOML, flags, --help, docs, equality and round trips.
//
// An options struct is an aggregate with defaults, and beside it stands one function:
//
//   struct NtXentOptions {
//     double temperature = 0.5;
//   };
//   inline void visit_fields(FieldList& v, NtXentOptions& o) {
//     v("temperature", o.temperature, "softmax temperature", above(0));
//   }
//
// fields_of(options) then gives pointers into that very object: read them to print, write them to load.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace kindred {

// The numbers a field accepts.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;   // low itself is outside
  bool high_open = false;  // high itself is outside

  bool contains(double value) const;
  std::string text() const;  // "> 0", "in [0, 1)", "any number"
};
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
constexpr Range from_below(double low, double high) {
  return {.low = low, .high = high, .high_open = true};
}  // [low, high)

using FieldRef = std::variant<bool*, int64_t*, double*, std::string*, std::vector<double>*, std::vector<int64_t>*,
                              std::vector<std::string>*>;

struct Field {
  std::string name;                  // dotted from the struct that was asked: "loss.temperature"
  FieldRef value;                    // points into the options object; valid as long as that lives
  std::string help;                  // one sentence: meaning, unit
  Range range;                       // numbers, and each number of a list
  std::vector<std::string> choices;  // strings; empty = any
};

// What visit_fields() is given; builds the list.
class FieldList {
 public:
  void operator()(std::string_view name, bool& value, std::string_view help);
  void operator()(std::string_view name, int64_t& value, std::string_view help, Range range = {});
  void operator()(std::string_view name, double& value, std::string_view help, Range range = {});
  void operator()(std::string_view name, std::string& value, std::string_view help,
                  std::vector<std::string> choices = {});
  void operator()(std::string_view name, std::vector<double>& value, std::string_view help, Range range = {});
  void operator()(std::string_view name, std::vector<int64_t>& value, std::string_view help, Range range = {});
  void operator()(std::string_view name, std::vector<std::string>& value, std::string_view help,
                  std::vector<std::string> choices = {});

  // A nested options struct: its fields get the prefix "name.".
  template <class Options>
  void group(std::string_view name, Options& options) {
    const std::string outer = prefix_;
    prefix_ += std::string(name) + ".";
    visit_fields(*this, options);
    prefix_ = outer;
  }
  // Fields made elsewhere (by a registry row), under the prefix "name.", or as they are where name is empty.
  void append(std::string_view name, std::vector<Field> fields);

  std::vector<Field> take() { return std::move(fields_); }

 private:
  void add(std::string_view name, FieldRef value, std::string_view help, Range range, std::vector<std::string> choices);
  std::string prefix_;
  std::vector<Field> fields_;
};

template <class Options>
std::vector<Field> fields_of(Options& options) {
  FieldList list;
  visit_fields(list, options);
  return list.take();
}

// The field called name, or nullptr.
const Field* find_field(std::span<const Field> fields, std::string_view name);

// The value as TOML writes it: true, 0.5, "text", [1, 2]. Doubles keep every bit (shortest form that reads back equal).
std::string value_text(const FieldRef& value);
// "number", "whole number", "true or false", "text", "list of numbers", ...
std::string type_text(const FieldRef& value);

// Throws InvalidArgument "<who>: expected <name> <range>, got <value>" for the first field outside its range or choices.
void check_fields(std::span<const Field> fields, std::string_view who);

// Two objects of one options type hold the same values (doubles compared bit for bit).
bool same_values(std::span<const Field> a, std::span<const Field> b);

}  // namespace kindred
