// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/loop.h"

#include <torch/utils.h>

#include <chrono>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/core/version.h"
#include "kindred/nn/model.h"
#include "kindred/train/command.h"
#include "kindred/train/method_state.h"
#include "kindred/train/metrics.h"
#include "kindred/train/non_finite.h"

namespace kindred {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Figures tagged(const LogLine& line) {
  Figures figures{{"train/loss", line.loss},
                  {"train/lr", line.lr},
                  {"train/grad_norm", line.grad_norm},
                  {"collapse/std_sqrt_d", line.collapse.std_sqrt_d},
                  {"collapse/effective_rank", line.collapse.effective_rank},
                  {"collapse/alignment", line.collapse.alignment},
                  {"collapse/uniformity", line.collapse.uniformity},
                  {"speed/images_per_second", line.images_per_second},
                  {"speed/data_wait_share", line.data_wait_share},
                  {"speed/rss_bytes", static_cast<double>(line.rss_bytes)}};
  for (const auto& [name, value] : line.metrics) figures.emplace_back("method/" + name, value);
  return figures;
}

}  // namespace

TrainLoop::TrainLoop(Setup setup, RunDirectory run, const TrainCallbacks& callbacks, Start start)
    : setup_(std::move(setup)),
      run_(std::move(run)),
      callbacks_(callbacks),
      checkpoints_(std::move(start.checkpoints)),
      metrics_(run_.metrics(), start.from ? start.from->metrics_bytes : 0),
      events_(run_.events(), start.resumed ? std::optional(start.from ? start.from->step + 1 : 0) : std::nullopt) {
  if (start.from) restore(*start.from);
}

void TrainLoop::restore(const Checkpoint& from) {
  load_method_state(*setup_.method, from.model);
  setup_.optimizer->load_state(from.optimizer);
  setup_.loader->seek(from.epoch, from.batch_index);
  step_ = saved_step_ = from.step;
  saved_bytes_ = from.metrics_bytes;
  loss_sum_ = from.loss_sum;
  interval_steps_ = from.interval_steps;
  last_loss_ = from.last_loss;
  monitored_ = from.monitored;
}

TrainResult TrainLoop::run() {
  if (const auto skipped = setup_.dataset->skipped(); skipped > 0)
    message(concat("skipped ", skipped, " unreadable sample(s) of ", setup_.options.data));
  if (setup_.warmup_steps >= setup_.total_steps)
    message(
        concat("the warm-up of ", setup_.warmup_steps, " steps does not end within the run of ", setup_.total_steps));
  if (step_ > 0) monitor_if_due();
  setup_.loader->reset_stats();
  while (step_ < setup_.total_steps) {
    if (stop_asked()) {
      save_checkpoint_here();
      auto stopped = result();
      stopped.stopped = true;
      return stopped;
    }
    const auto begin = Clock::now();
    const StepRecord record = step();
    std::optional<LogLine> line;
    if (due(setup_.options.run.log_every)) line = measure(record);
    interval_.seconds += seconds_since(begin);
    if (line) log(std::move(*line));
    if (callbacks_.on_step) callbacks_.on_step(step_, setup_.total_steps);
    if (due(setup_.options.run.checkpoint_every)) save_checkpoint_here();
    monitor_if_due();
  }
  auto done = result();
  done.model = save_final_model();
  return done;
}

TrainLoop::StepRecord TrainLoop::step() {
  // Whatever asks LibTorch for random numbers inside this step gets the same ones after a resume.
  torch::manual_seed(CounterRng(setup_.options.loader.seed, RngOp::kStep, static_cast<uint64_t>(step_)).next_u64());
  const Batch batch = setup_.loader->next();
  StepRecord record;
  record.lr = lr_at(setup_.options.schedule, setup_.peak_lr, step_, setup_.warmup_steps, setup_.total_steps);
  setup_.optimizer->zero_grad();
  try {
    record.output = setup_.method->step(batch);
  } catch (const NonFinite& error) {  // losses look at their input
    refuse_step(batch, {}, error.what());
  }
  const double loss = record.output.loss.item<double>();
  if (std::isfinite(loss)) {
    record.output.loss.backward();
    record.grad_norm = clip_gradients(setup_.groups, setup_.options.optim.clip_norm);
  }
  check_finite(batch, record, loss);
  setup_.optimizer->step(record.lr);
  setup_.method->after_optimizer_step(step_);
  record.output.loss.reset();  // lets go of the graph
  ++step_;
  loss_sum_ += loss;
  ++interval_steps_;
  interval_.samples += batch.ids.size(0);
  return record;
}

void TrainLoop::check_finite(const Batch& batch, const StepRecord& record, double loss) const {
  const auto& output = record.output;
  std::string what;
  if (!std::isfinite(loss)) what = concat("the loss is ", loss);
  else if (!std::isfinite(record.grad_norm))
    what = concat("the loss is ", loss, ", the gradient norm ", record.grad_norm);
  else if (!all_finite(output.z1) || !all_finite(output.z2))
    what = concat("the loss is ", loss, ", its input is not finite");
  else return;
  refuse_step(batch, output, what);
}

void TrainLoop::refuse_step(const Batch& batch, const StepOutput& output, const std::string& what) const {
  const auto bad = first_non_finite(*setup_.method, batch, output, *setup_.dataset);
  throw NonFinite(concat("train: step ", step_ + 1, ": expected finite numbers, got none: ", what,
                         bad.empty() ? "" : "; first bad tensor: ", bad, "; ", what_is_kept()));
}

std::string TrainLoop::what_is_kept() const {
  if (saved_step_ < 0) return "there was no checkpoint yet";
  return concat("the checkpoint of step ", saved_step_, " is kept: ", checkpoints_.last().string());
}

LogLine TrainLoop::measure(const StepRecord& record) const {
  LogLine line;
  line.step = step_;
  line.total_steps = setup_.total_steps;
  line.epoch = epoch();
  line.loss = loss_sum_ / static_cast<double>(interval_steps_);
  line.lr = record.lr;
  line.grad_norm = record.grad_norm;
  line.metrics = record.output.metrics;
  line.collapse = {kNaN, kNaN, kNaN, kNaN};
  const auto& z1 = record.output.z1;  // [B, D]
  if (!z1.defined()) return line;
  line.collapse = collapse_figures(z1, record.output.z2);
  std::vector<std::pair<double, std::string>> landmarks;
  for (const auto& landmark : setup_.method->landmarks()) landmarks.emplace_back(landmark.value, landmark.meaning);
  line.warnings = collapse_warnings(line.collapse, z1.size(0), z1.size(1), line.loss, landmarks);
  return line;
}

void TrainLoop::log(LogLine line) {
  interval_.wait = setup_.loader->stats().wait_seconds;
  line.images_per_second = interval_.images_per_second();
  line.data_wait_share = interval_.wait_share();
  line.rss_bytes = resident_bytes();
  metrics_.append(metrics_line(line));
  events_.scalars(step_, tagged(line));
  last_loss_ = line.loss;
  loss_sum_ = 0;
  interval_steps_ = 0;
  earlier_ = earlier_ + interval_;
  interval_ = {};
  setup_.loader->reset_stats();
  if (callbacks_.on_log) callbacks_.on_log(line);
}

void TrainLoop::monitor_if_due() {
  if (!callbacks_.monitor || !due(callbacks_.monitor_every) || monitored_ == step_) return;
  const auto figures = callbacks_.monitor(*setup_.method->encoder(), setup_.preprocess);
  setup_.method->train();
  metrics_.append(monitor_line(step_, epoch(), figures));
  Figures with_tag;
  for (const auto& [name, value] : figures) with_tag.emplace_back("monitor/" + name, value);
  events_.scalars(step_, with_tag);
  monitored_ = step_;
}

void TrainLoop::save_checkpoint_here() {
  if (saved_step_ == step_ && saved_bytes_ == metrics_.size()) return;
  if (const auto bad = first_non_finite_weight(*setup_.method); !bad.empty())
    throw NonFinite(concat("train: after step ", step_, ": expected finite weights, got ", bad, "; ", what_is_kept()));
  checkpoints_.save({.step = step_,
                     .epoch = step_ / setup_.batches_per_epoch,
                     .batch_index = step_ % setup_.batches_per_epoch,
                     .dataset_size = setup_.dataset->size(),
                     .metrics_bytes = metrics_.size(),
                     .threads = torch::get_num_threads(),
                     .config = outcome_toml(setup_.options),
                     .loss_sum = loss_sum_,
                     .interval_steps = interval_steps_,
                     .last_loss = last_loss_,
                     .monitored = monitored_,
                     .model = method_state(*setup_.method),
                     .optimizer = setup_.optimizer->state()});
  saved_step_ = step_;
  saved_bytes_ = metrics_.size();
}

std::filesystem::path TrainLoop::save_final_model() {
  TrainOptions& options = setup_.options;
  save_model(run_.model(), Model{.encoder_name = options.encoder,
                                 .encoder_options = toml_text(options.encoder_recipe->fields(), false),
                                 .preprocess = setup_.preprocess,
                                 .encoder = setup_.method->encoder(),
                                 .provenance = {{"method", options.method},
                                                {"data", options.data},
                                                {"steps", std::to_string(setup_.total_steps)},
                                                {"batch", std::to_string(options.run.batch)},
                                                {"seed", std::to_string(options.run.seed)},
                                                {"command", reproducing_command(options)},
                                                {"config", outcome_toml(options)},
                                                {"kindred_version", kVersion}}});
  return run_.model();
}

TrainResult TrainLoop::result() const {
  Speed all = interval_;
  all.wait = setup_.loader->stats().wait_seconds;
  all = earlier_ + all;
  return {.steps = step_,
          .loss = last_loss_,
          .images_per_second = all.images_per_second(),
          .data_wait_share = all.wait_share(),
          .model = {},
          .stopped = false};
}

void TrainLoop::message(const std::string& text) const {
  if (callbacks_.on_message) callbacks_.on_message(text);
}

}  // namespace kindred
