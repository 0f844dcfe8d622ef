// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/resume.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/train/command.h"
#include "kindred/train/metrics.h"

namespace kindred {

void check_same_options(TrainOptions& now, const std::string& began_toml) {
  auto began = resolve(Config::from_toml(began_toml, "the checkpoint's config"));
  const auto before = began.fields();
  for (const auto& field : now.fields()) {
    if (is_machine_option(field.name)) continue;
    const Field* same = find_field(before, field.name);
    const auto text = value_text(field.value);
    const auto began_text = same ? value_text(same->value) : std::string("no such option");
    check(text == began_text, "resume: expected ", field.name, " = ", began_text, ", with which the run began, got ",
          text, " in config.toml");
  }
}

void check_same_data(const Checkpoint& from, const Setup& setup) {
  check(from.dataset_size == setup.dataset->size(), "resume: expected ", setup.options.data, " to hold the ",
        from.dataset_size, " samples it held when the run began, got ", setup.dataset->size());
  check(from.step <= setup.total_steps && from.epoch == from.step / setup.batches_per_epoch &&
            from.batch_index == from.step % setup.batches_per_epoch,
        "resume: expected a checkpoint of a run of ", setup.total_steps, " steps, ", setup.batches_per_epoch,
        " to the epoch, got one at step ", from.step, ", epoch ", from.epoch, ", batch ", from.batch_index);
}

int64_t metrics_to_keep(const std::filesystem::path& metrics, int64_t known_bytes) {
  if (!std::filesystem::exists(metrics)) return 0;
  if (static_cast<int64_t>(std::filesystem::file_size(metrics)) >= known_bytes) return known_bytes;
  const auto text = read_file(metrics);
  const auto last = text.rfind('\n');
  return last == std::string::npos ? 0 : static_cast<int64_t>(last) + 1;
}

TrainResult finished_result(const std::filesystem::path& out) {
  TrainResult result;
  result.loss = std::numeric_limits<double>::quiet_NaN();
  result.model = out / "model.safetensors";
  for (const auto& line : read_metrics(out / "metrics.jsonl")) {
    if (!line.contains("loss")) continue;  // the monitor's
    const auto figure = [&](const char* key) {
      const auto found = line.find(key);
      return found != line.end() && found->is_number() ? found->get<double>()
                                                       : std::numeric_limits<double>::quiet_NaN();
    };
    result.steps = static_cast<int64_t>(figure("step"));
    result.loss = figure("loss");
    result.images_per_second = figure("images_per_second");
    result.data_wait_share = figure("data_wait_share");
  }
  return result;
}

}  // namespace kindred
