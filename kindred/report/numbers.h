// SPDX-License-Identifier: Apache-2.0
// Numbers as the page shows them. Independent of the locale; "–" where a value is not finite; a true minus sign.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kindred::report {

std::string percent(double share);                      // 0.8654 -> "86.5 %" (no-break space)
std::string percent_interval(double low, double high);  // "85.8 to 87.2"
// Percentage points, signed: 0.0231 -> "+2.3". Two decimals where one would show nothing: 0.0004 -> "+0.04".
std::string points(double difference);
std::string points_interval(double low, double high);  // "+1.8 to +2.9"
std::string fixed(double value, int decimals);         // "0.93"
std::string figure(double value);                      // four digits: "3.021", "12345", "6.1e-05"
// value to so many significant digits.
double rounded(double value, int digits);

// "a", "a and b", "a, b and c"; with "; " between where a name holds a comma.
std::string enumeration(const std::vector<std::string>& names);

}  // namespace kindred::report
