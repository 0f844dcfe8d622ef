// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/metrics.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"

namespace kindred {
namespace {

constexpr std::array<std::string_view, 4> kTimingKeys{"images_per_second", "data_wait_share", "rss_bytes", "seconds"};

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// Texts come from paths too, which need not be UTF-8.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

bool is_timing_key(std::string_view key) {
  return std::find(kTimingKeys.begin(), kTimingKeys.end(), key) != kTimingKeys.end();
}

std::string metrics_line(const LogLine& line) {
  Json json;
  json["step"] = line.step;
  json["epoch"] = number(line.epoch);
  json["loss"] = number(line.loss);
  json["lr"] = number(line.lr);
  json["grad_norm"] = number(line.grad_norm);
  json["std_sqrt_d"] = number(line.collapse.std_sqrt_d);
  json["effective_rank"] = number(line.collapse.effective_rank);
  json["alignment"] = number(line.collapse.alignment);
  json["uniformity"] = number(line.collapse.uniformity);
  for (const auto& [name, value] : line.metrics) json[name] = number(value);
  json["images_per_second"] = number(line.images_per_second);
  json["data_wait_share"] = number(line.data_wait_share);
  json["rss_bytes"] = line.rss_bytes;
  json["warnings"] = line.warnings;
  return text_of(json);
}

std::string monitor_line(int64_t step, double epoch, const Figures& figures) {
  Json monitor = Json::object();
  for (const auto& [name, value] : figures) monitor[name] = number(value);
  Json json;
  json["step"] = step;
  json["epoch"] = number(epoch);
  json["monitor"] = std::move(monitor);
  return text_of(json);
}

std::vector<Json> read_metrics(const std::filesystem::path& path) {
  const auto text = read_file(path);
  std::vector<Json> lines;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto json = Json::parse(text.begin() + static_cast<int64_t>(begin), text.begin() + static_cast<int64_t>(end),
                            nullptr, false);
    if (!json.is_object())
      throw Corruption(path.string(), static_cast<int64_t>(begin),
                       concat("expected a JSON object on line ", lines.size() + 1, ", got something else"));
    lines.push_back(std::move(json));
    begin = end + 1;
  }
  return lines;
}

Json without_timing(const Json& json) {
  if (!json.is_object()) return json;
  Json out = Json::object();
  for (const auto& [key, value] : json.items())
    if (!is_timing_key(key)) out[key] = without_timing(value);
  return out;
}

int64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  int64_t total_pages = 0, resident_pages = 0;
  if (!(in >> total_pages >> resident_pages)) return 0;
  return resident_pages * ::sysconf(_SC_PAGESIZE);
}

}  // namespace kindred
