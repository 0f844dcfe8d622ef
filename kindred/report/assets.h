// SPDX-License-Identifier: Apache-2.0
// The files of this folder that make up the page, and Chart.js, embedded by embed.cmake.
#pragma once

#include <string_view>

namespace kindred::report {

std::string_view page_html();  // Mustache template
std::string_view page_css();
std::string_view page_js();
std::string_view chart_js();  // defines the global Chart

}  // namespace kindred::report
