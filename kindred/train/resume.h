// SPDX-License-Identifier: Apache-2.0
// What resume() checks before it goes on.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "kindred/train/checkpoint.h"
#include "kindred/train/setup.h"
#include "kindred/train/trainer.h"

namespace kindred {

// Throws InvalidArgument unless the options that decide the outcome are those that the run began with.
void check_same_options(TrainOptions& now, const std::string& began_toml);

// Throws InvalidArgument where the checkpoint does not belong to this data set and length of run.
void check_same_data(const Checkpoint& from, const Setup& setup);

// How many bytes of metrics.jsonl to keep: those that the checkpoint knows, or the whole lines that are left where a power
// cut took some of them.
int64_t metrics_to_keep(const std::filesystem::path& metrics, int64_t known_bytes);

// The result of a run that is complete, from its last log line. Throws IoError, Corruption.
TrainResult finished_result(const std::filesystem::path& out);

}  // namespace kindred
