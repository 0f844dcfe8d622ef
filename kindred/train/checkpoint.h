// SPDX-License-Identifier: Apache-2.0
// Checkpoints: all that a run needs to go on as if it had never stopped. Page: docs/formats/checkpoint.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kindred {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

struct Checkpoint {
  int64_t step = 0;         // steps done
  int64_t epoch = 0;        // where the loader goes on:
  int64_t batch_index = 0;  //   this batch of this epoch
  int64_t dataset_size = 0;
  int64_t metrics_bytes = 0;  // length of metrics.jsonl when this was written
  int64_t threads = 0;        // LibTorch's, for a message only
  std::string config;         // config.toml without comments
  double loss_sum = 0;        // of the log interval that is under way
  int64_t interval_steps = 0;
  double last_loss = 0;    // of the last line of metrics.jsonl; NaN before there is one
  int64_t monitored = -1;  // step of the last line of the monitor; -1 = none
  NamedTensors model;      // parameters and buffers of the method
  NamedTensors optimizer;
};

// Atomic. Throws IoError.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
// Throws IoError, Corruption (damaged anywhere: the file carries a checksum), InvalidArgument (a format of the future).
Checkpoint load_checkpoint(const std::filesystem::path& path);

// The two newest checkpoints of a run, a.safetensors and b.safetensors, written in turn.
class CheckpointPair {
 public:
  explicit CheckpointPair(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The newest one that is whole, or none where there is no file. A damaged one is named through message and passed over.
  // Throws Corruption where every file there is damaged.
  std::optional<Checkpoint> newest(const std::function<void(const std::string&)>& message = {});
  // Writes over the older one (or over the damaged one that newest() met).
  void save(const Checkpoint& checkpoint);
  // The file of the last newest() or save(); empty before.
  const std::filesystem::path& last() const { return last_; }

 private:
  std::filesystem::path folder_, last_;
};

}  // namespace kindred
