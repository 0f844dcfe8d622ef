// SPDX-License-Identifier: Apache-2.0
// What the tests of the report share: a small data set, a full ReportData, and ways to look into a page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/report/report.h"

namespace kindred::test {

// Four grey pictures of 2 x 3 pixels; sample i is filled with 10 i, its label is i % 2, classes "cat" and "dog".
DatasetPtr four_pictures();

// Everything a page can show, over four_pictures(). Two baselines, two columns, trained ahead everywhere.
ReportData full_report();

int count(std::string_view text, std::string_view part);

// The page without what stands between <script> or <style> tags.
std::string markup(const std::string& html);

// The first fault in the nesting of tags, or "" where every tag is closed in order.
std::string nesting_fault(const std::string& markup);

// The values of an attribute, in order.
std::vector<std::string> attributes(const std::string& markup, const std::string& name);

// What the page hands to its script.
nlohmann::json page_data(const std::string& html);

// The bytes of base64 text (its own decoder, so that the encoder is not its own judge).
std::string base64_bytes(std::string_view text);

}  // namespace kindred::test
