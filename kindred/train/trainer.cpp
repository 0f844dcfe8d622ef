// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/trainer.h"

#include <torch/utils.h>

#include <optional>

#include "kindred/core/error.h"
#include "kindred/train/loop.h"
#include "kindred/train/resume.h"

namespace kindred {

TrainResult train(TrainOptions options, const std::filesystem::path& out, const TrainCallbacks& callbacks,
                  const std::string& command) {
  RunDirectory::refuse_existing(out);
  auto setup = set_up(std::move(options));
  std::error_code ignored;
  const bool was_there = std::filesystem::exists(out, ignored);
  auto run = RunDirectory::create(out, toml_text(setup.options.fields()), command);
  std::optional<TrainLoop> loop;
  try {
    CheckpointPair checkpoints(run.checkpoints());
    loop.emplace(std::move(setup), std::move(run), callbacks,
                 Start{.checkpoints = std::move(checkpoints), .from = {}, .resumed = false});
  } catch (...) {  // a disk that is full already: the run has not begun
    RunDirectory::undo_create(out, was_there);
    throw;
  }
  return loop->run();
}

TrainResult resume(const std::filesystem::path& out, const TrainCallbacks& callbacks, const std::string& command) {
  const auto say = [&](const std::string& text) {
    if (callbacks.on_message) callbacks.on_message(text);
  };
  auto run = RunDirectory::open(out);
  if (std::filesystem::exists(run.model())) return finished_result(out);

  auto options = resolve(Config::from_toml_file(run.config()));
  Start start{.checkpoints = CheckpointPair(run.checkpoints()), .from = {}, .resumed = true};
  start.from = start.checkpoints.newest(say);
  if (start.from) check_same_options(options, start.from->config);
  auto setup = set_up(std::move(options));
  run.note_command(command);
  if (!start.from) {
    say("no checkpoint yet: training from the start");
  } else {
    Checkpoint& from = *start.from;
    check_same_data(from, setup);
    const auto keep = metrics_to_keep(run.metrics(), from.metrics_bytes);
    if (keep < from.metrics_bytes)
      say(concat(run.metrics().string(), ": expected ", from.metrics_bytes, " bytes, got ", keep,
                 ": the figures of some earlier steps are lost, the run itself is not"));
    from.metrics_bytes = keep;
    say(concat("resumed from step ", from.step, " of ", setup.total_steps, " (", start.checkpoints.last().string(),
               ")"));
    if (from.threads != torch::get_num_threads())
      say(concat("the run had ", from.threads, " threads, this process has ", torch::get_num_threads(),
                 ": the last bits of the result may differ from those of a run that was not stopped"));
  }
  return TrainLoop(std::move(setup), std::move(run), callbacks, std::move(start)).run();
}

}  // namespace kindred
