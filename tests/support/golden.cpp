// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace kindred::test {

std::filesystem::path golden_path(const std::string& name) { return std::filesystem::path(KINDRED_GOLDEN) / name; }

nlohmann::json golden_json(const std::string& name) {
  std::ifstream in(golden_path(name));
  if (!in) throw std::runtime_error("missing fixture " + golden_path(name).string());
  return nlohmann::json::parse(in);
}

nlohmann::json golden_case(const std::string& file, const std::string& name) {
  for (const auto& item : golden_json(file))
    if (item.at("case") == name) return item;
  throw std::runtime_error("no case " + name + " in " + file);
}

std::optional<std::filesystem::path> data_folder() {
  if (const char* named = std::getenv("KINDRED_DATA")) return named;
  const auto beside = std::filesystem::path(KINDRED_GOLDEN) / "../../../shared/data";
  if (std::filesystem::exists(beside / "DATA.md")) return std::filesystem::canonical(beside);
  return std::nullopt;
}

std::optional<std::filesystem::path> fashion_mnist_folder() {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (std::filesystem::exists(folder / "train-images-idx3-ubyte.gz")) return folder;
  return std::nullopt;
}

}  // namespace kindred::test
