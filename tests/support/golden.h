// SPDX-License-Identifier: Apache-2.0
// Fixtures in tests/golden and the real data sets of extended tests.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace kindred::test {

// The path of a file in tests/golden.
std::filesystem::path golden_path(const std::string& name);

// A JSON file of tests/golden, parsed. Fails the test (throws) where it is absent.
nlohmann::json golden_json(const std::string& name);

// The case called name in a list of shared vectors ([{"case": ...}, ...]).
nlohmann::json golden_case(const std::string& file, const std::string& name);

// The folder of real data sets: KINDRED_DATA, or ../shared/data beside the checkout where that exists.
std::optional<std::filesystem::path> data_folder();

// Where Debian's dataset-fashion-mnist lies, if installed.
std::optional<std::filesystem::path> fashion_mnist_folder();

}  // namespace kindred::test

// Skips with a printed reason where the real data are absent; declares `folder`.
#define KINDRED_NEED_DATA(folder)                                                                        \
  const auto folder##_found = ::kindred::test::data_folder();                                            \
  if (!folder##_found) GTEST_SKIP() << "real data absent: set KINDRED_DATA to the folder that has them"; \
  const auto& folder = *folder##_found
