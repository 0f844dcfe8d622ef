// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/compare.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/train/checkpoint.h"
#include "kindred/train/metrics.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;
using Sentences = std::vector<std::string>;

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
         (a.numel() == 0 || std::memcmp(a.data_ptr(), b.data_ptr(), static_cast<size_t>(a.nbytes())) == 0);
}

void compare_tensors(const NamedTensors& a, const NamedTensors& b, const char* what, Sentences& out) {
  if (a.size() != b.size()) {
    out.push_back(concat("the checkpoints hold ", a.size(), " and ", b.size(), " tensors of the ", what));
    return;
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first)
      out.push_back(
          concat("tensor ", i, " of the ", what, " is ", a[i].first, " in one, ", b[i].first, " in the other"));
    else if (!same_bits(a[i].second, b[i].second)) out.push_back(concat("the ", what, "'s ", a[i].first, " differs"));
  }
}

Checkpoint newest_checkpoint(const fs::path& folder) {
  auto checkpoint = CheckpointPair(folder / "checkpoints").newest();
  check(checkpoint.has_value(), folder.string(), ": expected a checkpoint, got none");
  return std::move(*checkpoint);
}

void compare_checkpoints(const fs::path& a, const fs::path& b, Sentences& out) {
  const auto left = newest_checkpoint(a), right = newest_checkpoint(b);
  const auto number = [&](const char* what, auto x, auto y) {
    if (std::memcmp(&x, &y, sizeof x) != 0) out.push_back(concat("the checkpoints' ", what, " is ", x, " and ", y));
  };
  number("step", left.step, right.step);
  number("epoch", left.epoch, right.epoch);
  number("batch", left.batch_index, right.batch_index);
  number("loss of the interval under way", left.loss_sum, right.loss_sum);
  number("length of the interval under way", left.interval_steps, right.interval_steps);
  number("last loss", left.last_loss, right.last_loss);
  if (left.config != right.config) out.emplace_back("the options differ");
  compare_tensors(left.model, right.model, "model", out);
  compare_tensors(left.optimizer, right.optimizer, "optimiser", out);
}

void compare_metrics(const fs::path& a, const fs::path& b, Sentences& out) {
  const auto left = read_metrics(a / "metrics.jsonl"), right = read_metrics(b / "metrics.jsonl");
  if (left.size() != right.size())
    out.push_back(concat("metrics.jsonl has ", left.size(), " and ", right.size(), " lines"));
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const auto x = without_timing(left[i]).dump(), y = without_timing(right[i]).dump();
    if (x != y) out.push_back(concat("line ", i + 1, " of metrics.jsonl differs: ", x, " and ", y));
  }
}

}  // namespace

std::vector<std::string> run_differences(const fs::path& a, const fs::path& b) {
  Sentences out;
  if (read_file(a / "model.safetensors") != read_file(b / "model.safetensors"))
    out.emplace_back("the bytes of model.safetensors differ");
  compare_checkpoints(a, b, out);
  compare_metrics(a, b, out);
  return out;
}

}  // namespace kindred
