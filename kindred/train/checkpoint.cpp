// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/checkpoint.h"

#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include "kindred/core/error.h"
#include "kindred/nn/safetensors.h"
#include "kindred/train/crc32c.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kFormat = 1;
constexpr const char* kLossSum = "interval/loss_sum";
constexpr const char* kIntervalSteps = "interval/steps";
constexpr const char* kLastLoss = "interval/last_loss";
constexpr const char* kMonitored = "interval/monitored";
constexpr std::string_view kModel = "model/", kOptimizer = "optim/";

// Over names, types, shapes and bytes of all tensors and over the metadata, the checksum itself left out.
std::string checksum(const TensorFile& file) {
  uint32_t crc = 0;
  const auto add = [&](const std::string& text) { crc = crc32c(text.data(), text.size() + 1, crc); };
  for (const auto& [key, value] : file.metadata) {
    if (key == "crc32c") continue;
    add(key);
    add(value);
  }
  for (const auto& [name, tensor] : file.tensors) {
    std::string what = concat(name, ' ', static_cast<int>(tensor.scalar_type()));
    for (const int64_t size : tensor.sizes()) what += ' ' + std::to_string(size);
    add(what);
    crc = crc32c(tensor.data_ptr(), static_cast<size_t>(tensor.nbytes()), crc);
  }
  return std::to_string(crc);
}

// As a file holds it: on the CPU, dense, without history.
at::Tensor plain(const at::Tensor& tensor) { return tensor.detach().cpu().contiguous(); }

class Metadata {
 public:
  Metadata(const fs::path& path, const std::map<std::string, std::string>& values) : path_(path), values_(values) {}

  const std::string& text(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) throw Corruption(path_.string(), -1, "expected a checkpoint, got no \"" + key + "\"");
    return found->second;
  }
  int64_t number(const std::string& key) const {
    const auto& value = text(key);
    int64_t out = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size() || out < 0)
      throw Corruption(path_.string(), -1, "expected a whole number as \"" + key + "\", got \"" + value + "\"");
    return out;
  }

 private:
  const fs::path& path_;
  const std::map<std::string, std::string>& values_;
};

// The tensors whose name begins with prefix, without it.
NamedTensors with_prefix(const TensorFile& file, std::string_view prefix) {
  NamedTensors out;
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix)) out.emplace_back(name.substr(prefix.size()), tensor);
  return out;
}

at::Tensor scalar(const fs::path& path, const TensorFile& file, const std::string& name, at::ScalarType type) {
  for (const auto& [key, tensor] : file.tensors)
    if (key == name && tensor.dim() == 0 && tensor.scalar_type() == type) return tensor;
  throw Corruption(path.string(), -1, "expected a single number " + name + ", got none");
}

}  // namespace

void save_checkpoint(const fs::path& path, const Checkpoint& checkpoint) {
  TensorFile file;
  for (const auto& [name, tensor] : checkpoint.model)
    file.tensors.emplace_back(std::string(kModel) + name, plain(tensor));
  for (const auto& [name, tensor] : checkpoint.optimizer)
    file.tensors.emplace_back(std::string(kOptimizer) + name, plain(tensor));
  file.tensors.emplace_back(kLossSum, at::scalar_tensor(checkpoint.loss_sum, at::kDouble));
  file.tensors.emplace_back(kIntervalSteps, at::scalar_tensor(checkpoint.interval_steps, at::kLong));
  file.tensors.emplace_back(kLastLoss, at::scalar_tensor(checkpoint.last_loss, at::kDouble));
  file.tensors.emplace_back(kMonitored, at::scalar_tensor(checkpoint.monitored, at::kLong));
  file.metadata = {{"format", std::to_string(kFormat)},
                   {"step", std::to_string(checkpoint.step)},
                   {"epoch", std::to_string(checkpoint.epoch)},
                   {"batch_index", std::to_string(checkpoint.batch_index)},
                   {"dataset_size", std::to_string(checkpoint.dataset_size)},
                   {"metrics_bytes", std::to_string(checkpoint.metrics_bytes)},
                   {"threads", std::to_string(checkpoint.threads)},
                   {"config", checkpoint.config}};
  file.metadata["crc32c"] = checksum(file);
  save_tensors(path, file);
}

Checkpoint load_checkpoint(const fs::path& path) {
  const TensorFile file = load_tensors(path);
  const Metadata metadata(path, file.metadata);
  check(metadata.number("format") <= kFormat, path.string(), ": expected checkpoint format ", kFormat, ", got ",
        metadata.text("format"), " (written by a newer kindred)");
  if (metadata.text("crc32c") != checksum(file))
    throw Corruption(path.string(), -1, "expected checksum " + metadata.text("crc32c") + ", got " + checksum(file));
  return {.step = metadata.number("step"),
          .epoch = metadata.number("epoch"),
          .batch_index = metadata.number("batch_index"),
          .dataset_size = metadata.number("dataset_size"),
          .metrics_bytes = metadata.number("metrics_bytes"),
          .threads = metadata.number("threads"),
          .config = metadata.text("config"),
          .loss_sum = scalar(path, file, kLossSum, at::kDouble).item<double>(),
          .interval_steps = scalar(path, file, kIntervalSteps, at::kLong).item<int64_t>(),
          .last_loss = scalar(path, file, kLastLoss, at::kDouble).item<double>(),
          .monitored = scalar(path, file, kMonitored, at::kLong).item<int64_t>(),
          .model = with_prefix(file, kModel),
          .optimizer = with_prefix(file, kOptimizer)};
}

std::optional<Checkpoint> CheckpointPair::newest(const std::function<void(const std::string&)>& message) {
  struct Candidate {
    fs::path path;
    int64_t step;
  };
  std::vector<Candidate> whole_header;
  std::string damage;
  const auto damaged = [&](const Corruption& error) {
    damage = error.what();
    if (message) message("passed over a damaged checkpoint: " + damage);
  };
  for (const char* name : {"a.safetensors", "b.safetensors"}) {
    const auto path = folder_ / name;
    if (!fs::exists(path)) continue;
    try {
      const auto values = load_metadata(path);
      whole_header.push_back({path, Metadata(path, values).number("step")});
    } catch (const Corruption& error) {
      damaged(error);
    }
  }
  std::stable_sort(whole_header.begin(), whole_header.end(),
                   [](const Candidate& x, const Candidate& y) { return x.step > y.step; });
  for (const auto& candidate : whole_header) {
    try {
      auto checkpoint = load_checkpoint(candidate.path);
      last_ = candidate.path;
      return checkpoint;
    } catch (const Corruption& error) {
      damaged(error);
    }
  }
  if (!damage.empty())
    throw Corruption(folder_.string(), -1, "expected a whole checkpoint, got only damaged ones: " + damage);
  return std::nullopt;
}

void CheckpointPair::save(const Checkpoint& checkpoint) {
  const auto path = folder_ / (last_.filename() == "a.safetensors" ? "b.safetensors" : "a.safetensors");
  save_checkpoint(path, checkpoint);
  last_ = path;
}

}  // namespace kindred
