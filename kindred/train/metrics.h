// SPDX-License-Identifier: Apache-2.0
// The lines of metrics.jsonl (docs/formats/run_directory.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/core/json_fwd.h"
#include "kindred/train/trainer.h"

namespace kindred {

using Figures = std::vector<std::pair<std::string, double>>;

// The keys that depend on the machine and the moment: images_per_second, data_wait_share, rss_bytes, seconds. All others
// are the same, to the last digit, in two equal runs and in a resumed one.
bool is_timing_key(std::string_view key);

// One line without its newline. A figure that is not finite becomes null.
std::string metrics_line(const LogLine& line);
std::string monitor_line(int64_t step, double epoch, const Figures& figures);

// Every line parsed. Throws IoError, Corruption (line and offset).
std::vector<Json> read_metrics(const std::filesystem::path& path);
// The object without its timing keys, at any depth.
Json without_timing(const Json& json);

// Resident memory of this process in bytes; 0 where the system does not say.
int64_t resident_bytes();

}  // namespace kindred
