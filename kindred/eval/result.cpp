// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/result.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"

namespace kindred {
namespace {

// A setting's text as JSON: numbers and truth values as such, everything else as text.
Json setting_json(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  int64_t whole = 0;
  const char* end = text.data() + text.size();
  if (const auto [stop, error] = std::from_chars(text.data(), end, whole); error == std::errc() && stop == end)
    return whole;
  double number = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, number);
      error == std::errc() && stop == end && std::isfinite(number))
    return number;
  return text;
}

Json number_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

const std::string* find_setting(const EvalResult& result, std::string_view name) {
  for (const auto& [key, value] : result.settings)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

std::string EvalResult::protocol_line() const {
  std::string line = protocol, separator = ": ";
  const std::string* temperature = find_setting(*this, "temperature");
  for (const auto& [key, value] : settings) {
    if (key == "train" || key == "test" || key == "interval" || key == "temperature") continue;
    std::string part = key + (setting_json(value).is_number() ? " = " : " ") + value;
    if (key == "metric") part = value;
    if (key == "weights" && temperature != nullptr) part = "weights exp(s/" + *temperature + ")";
    line += separator + part;
    separator = ", ";
  }
  line += concat("; ", n_train, " train, ", n_test, " test");
  if (const std::string* interval = find_setting(*this, "interval")) line += "; " + *interval;
  return line;
}

Json result_json(const EvalResult& result) {
  Json out;
  out["protocol"] = result.protocol;
  for (size_t i = 0; i < result.figures.size(); ++i) {
    const Figure& figure = result.figures[i];
    out[figure.name] = number_json(figure.value);
    if (figure.has_interval)
      out[i == 0 ? "interval" : figure.name + "_interval"] =
          Json::array({number_json(figure.interval.low), number_json(figure.interval.high)});
  }
  out["n_train"] = result.n_train;
  out["n_test"] = result.n_test;
  out["settings"] = Json::object();
  for (const auto& [key, value] : result.settings) out["settings"][key] = setting_json(value);
  out["protocol_line"] = result.protocol_line();
  out["warnings"] = result.warnings;
  return out;
}

}  // namespace kindred
