// SPDX-License-Identifier: Apache-2.0
// The training loop and the run directory it fills.
//
//   config.toml        the resolved options, written before the first step
//   commands.txt       `command` of train() and of each resume()
//   metrics.jsonl      one line per log interval
//   checkpoints/       a.safetensors, b.safetensors: the two newest, written in turn, each atomic
//   model.safetensors  the encoder, at the end
//   events/            the same figures for TensorBoard
//
// NOTE [Bit-exact resume] A checkpoint holds weights, buffers, optimiser state, step, epoch and batch position, and the
// length of metrics.jsonl. Everything random is drawn from counters named by (seed, step) or (seed, epoch, sample), so
// that no generator state needs to be saved: a resumed run draws what the uninterrupted one drew.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kindred/eval/collapse.h"
#include "kindred/train/options.h"

namespace kindred {

struct LogLine {
  int64_t step = 0, total_steps = 0;  // steps done
  double epoch = 0;
  double loss = 0;  // mean over the interval
  double lr = 0;
  double grad_norm = 0;          // of the last step of the interval
  double images_per_second = 0;  // samples (not views) per second of the interval's steps: wall time, waiting for
                                 // data included, monitor and checkpoints left out
  double data_wait_share = 0;    // of that time
  int64_t rss_bytes = 0;
  CollapseFigures collapse;
  std::vector<std::pair<std::string, double>> metrics;  // the method's own
  std::vector<std::string> warnings;
};

struct TrainCallbacks {
  std::function<void(const LogLine&)> on_log = {};
  std::function<void(int64_t step, int64_t total)> on_step = {};
  std::function<void(const std::string&)> on_message = {};  // "resumed from step 120"
  // The online monitor: called every monitor_every steps and at the end with the encoder; figures go to metrics.jsonl
  // as {"monitor": {...}}. Made by cli from eval.
  std::function<std::vector<std::pair<std::string, double>>(Encoder&, const Preprocess&)> monitor = {};
  int64_t monitor_every = 0;               // steps; 0 = only at the end
  const std::atomic<int>* stop = nullptr;  // set to a signal number: save a checkpoint and return
};

struct TrainResult {
  int64_t steps = 0;
  double loss = 0;               // of the last log line; NaN before the first
  double images_per_second = 0;  // over the whole call
  double data_wait_share = 0;
  std::filesystem::path model;  // empty where the run was stopped before its end
  bool stopped = false;         // by `stop`
};

// Trains from scratch into folder `out`. Throws InvalidArgument where out already holds a run or the options do not fit the
// data (nothing is written then); NonFinite where the loss or a gradient is not finite (the last good checkpoint stays).
// command goes to commands.txt. The model's metadata names method, data, options and steps, and the command that
// reproduces it (command.h); nothing that could differ between two equal runs, so that their model files are the same.
TrainResult train(TrainOptions options, const std::filesystem::path& out, const TrainCallbacks& callbacks,
                  const std::string& command = {});

// Continues the run in folder `out` from its newest complete checkpoint (from the start where it has none); the options
// are those of its config.toml; of these, loader.* and run.checkpoint_every may have been edited since. A run that is
// complete returns at once, with the figures of its last log line.
TrainResult resume(const std::filesystem::path& out, const TrainCallbacks& callbacks, const std::string& command = {});

}  // namespace kindred
