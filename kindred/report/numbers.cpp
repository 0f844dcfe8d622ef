// SPDX-License-Identifier: Apache-2.0
#include "kindred/report/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kindred::report {
namespace {

constexpr const char* kNoBreak = "\u00a0";
constexpr const char* kMinus = "\u2212";
constexpr const char* kAbsent = "\u2013";

std::string digits_of(double value, std::chars_format format, int precision) {
  char text[400];  // fixed notation of the largest double is 309 digits
  const auto end = std::to_chars(text, text + sizeof text, value, format, precision).ptr;
  return {text, end};
}

bool shows_zero(const std::string& digits) { return digits.find_first_of("123456789") == std::string::npos; }

// digits are those of |value|; a value that shows as zero has no sign.
std::string with_sign(double value, const std::string& digits, const char* plus) {
  if (shows_zero(digits)) return digits;
  return (value < 0 ? kMinus : plus) + digits;
}

}  // namespace

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return kAbsent;
  return with_sign(value, digits_of(std::abs(value), std::chars_format::fixed, decimals), "");
}

std::string percent(double share) { return std::isfinite(share) ? fixed(100 * share, 1) + kNoBreak + "%" : kAbsent; }

std::string percent_interval(double low, double high) { return fixed(100 * low, 1) + " to " + fixed(100 * high, 1); }

std::string points(double difference) {
  if (!std::isfinite(difference)) return kAbsent;
  std::string digits = digits_of(std::abs(100 * difference), std::chars_format::fixed, 1);
  if (shows_zero(digits) && difference != 0)
    digits = digits_of(std::abs(100 * difference), std::chars_format::fixed, 2);
  return with_sign(difference, digits, "+");
}

std::string points_interval(double low, double high) { return points(low) + " to " + points(high); }

std::string figure(double value) {
  if (!std::isfinite(value)) return kAbsent;
  const double size = std::abs(value);
  if (size >= 1000 && size < 1e15) return with_sign(value, digits_of(size, std::chars_format::fixed, 0), "");
  return with_sign(value, digits_of(size, std::chars_format::general, 4), "");
}

double rounded(double value, int digits) {
  if (!std::isfinite(value)) return value;
  const std::string text = digits_of(value, std::chars_format::scientific, digits - 1);
  double result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::string enumeration(const std::vector<std::string>& names) {
  const bool commas =
      std::any_of(names.begin(), names.end(), [](const auto& n) { return n.find(',') != std::string::npos; });
  const char* between = commas ? "; " : ", ";
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() && !commas ? " and " : between;
    text += names[i];
  }
  return text;
}

}  // namespace kindred::report
