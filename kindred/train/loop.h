// SPDX-License-Identifier: Apache-2.0
// The loop: steps, log lines, checkpoints, the monitor.
//
// Order at the end of step s: log line (if due), checkpoint (if due), monitor (if due). A checkpoint knows the step of the
// last monitor, so that a run resumed from s catches up on the monitor that it has not had yet.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "kindred/core/file.h"
#include "kindred/train/checkpoint.h"
#include "kindred/train/events.h"
#include "kindred/train/run_directory.h"
#include "kindred/train/setup.h"
#include "kindred/train/speed.h"
#include "kindred/train/trainer.h"

namespace kindred {

// Where a run begins.
struct Start {
  CheckpointPair checkpoints;
  std::optional<Checkpoint> from;  // none: at step 0
  bool resumed = false;
};

class TrainLoop {
 public:
  TrainLoop(Setup setup, RunDirectory run, const TrainCallbacks& callbacks, Start start);
  TrainResult run();

 private:
  struct StepRecord {
    StepOutput output;
    double lr = 0;
    double grad_norm = 0;
  };

  void restore(const Checkpoint& from);
  StepRecord step();
  void check_finite(const Batch& batch, const StepRecord& record, double loss) const;
  // Throws NonFinite: what went wrong, the first bad tensor, what is kept.
  [[noreturn]] void refuse_step(const Batch& batch, const StepOutput& output, const std::string& what) const;
  LogLine measure(const StepRecord& record) const;
  void log(LogLine line);
  void monitor_if_due();
  void save_checkpoint_here();
  std::filesystem::path save_final_model();

  bool due(int64_t every) const { return step_ == setup_.total_steps || (every > 0 && step_ % every == 0); }
  bool stop_asked() const { return callbacks_.stop != nullptr && callbacks_.stop->load() != 0; }
  double epoch() const { return static_cast<double>(step_) / static_cast<double>(setup_.batches_per_epoch); }
  TrainResult result() const;
  std::string what_is_kept() const;
  void message(const std::string& text) const;

  Setup setup_;
  RunDirectory run_;
  const TrainCallbacks& callbacks_;
  CheckpointPair checkpoints_;
  LineFile metrics_;
  EventWriter events_;

  int64_t step_ = 0;  // done
  double loss_sum_ = 0;
  int64_t interval_steps_ = 0;
  double last_loss_ = std::numeric_limits<double>::quiet_NaN();
  int64_t monitored_ = -1;
  int64_t saved_step_ = -1, saved_bytes_ = -1;  // of the newest checkpoint
  Speed interval_, earlier_;                    // of the interval under way, and of those before it
};

}  // namespace kindred
