// SPDX-License-Identifier: Apache-2.0
// kindred train: a method, an encoder and data in; a run directory out.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/progress.h"
#include "kindred/cli/run_report.h"
#include "kindred/core/error.h"
#include "kindred/data/spec.h"
#include "kindred/eval/embed.h"
#include "kindred/eval/protocols.h"
#include "kindred/train/options.h"
#include "kindred/train/trainer.h"

namespace kindred::cli {
namespace {

struct TrainFlags {
  std::string out, resume, config, eval_train, eval_test;
  std::vector<std::string> set;
  int64_t threads = 0, monitor_every = 0;
  bool json = false;
};
void visit_fields(FieldList& v, TrainFlags& o) {
  v("out", o.out, "the run directory to make");
  v("resume", o.resume, "continue the run in this directory instead");
  v("config", o.config, "TOML file of options; flags win over it");
  v("set", o.set, "NAME=VALUE, any option by its dotted name; may be repeated");
  v("eval_train", o.eval_train, "SPEC the online monitor's kNN learns from (its own part of the training data)");
  v("eval_test", o.eval_test, "SPEC the online monitor judges; give a validation part, not the test set you report");
  v("monitor_every", o.monitor_every, "steps between monitor figures; 0 = only at the end", at_least(0));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "the result as one JSON object");
}

FlagSpec train_spec() {
  return {.command = "train",
          .summary = "train an encoder",
          .example =
              "kindred train --method simclr --data fashion-mnist --encoder convnet --epochs 5 --out run\n"
              "kindred train --config run.toml --set loss.temperature=0.1 --out run2\n"
              "kindred train --resume run",
          .aliases = {{"method", "method.name"},
                      {"data", "data.train"},
                      {"encoder", "encoder.name"},
                      {"epochs", "run.epochs"},
                      {"steps", "run.steps"},
                      {"batch", "run.batch"},
                      {"seed", "run.seed"},
                      {"lr", "optim.lr"},
                      {"optimizer", "optim.name"},
                      {"views", "views.preset"}},
          .uncut = {"set"},
          .open = true};
}

// For --help: the options of the method and encoder that were named.
std::vector<Field> help_fields(const Config& typed) {
  static TrainOptions options;  // the fields point into it until help is printed
  Config named;
  for (const auto& [name, setting] : typed.settings())
    if (name.ends_with(".name")) named.set_text(name, typed.text_or(name, ""), "--help");
  options = resolve(named);
  return options.fields();
}

std::atomic<int> stop_signal{0};
void on_signal(int number) {
  stop_signal = number;
  std::signal(number, SIG_DFL);  // a second one ends the program at once
}

std::string log_text(const LogLine& line) {
  char text[256];
  std::snprintf(
      text, sizeof text,
      "step %ld/%ld  epoch %.2f  loss %.4f  lr %.2e  std*sqrt(d) %.2f  rank %.1f  %.0f images/s  waiting %.1f %%",
      long(line.step), long(line.total_steps), line.epoch, line.loss, line.lr, line.collapse.std_sqrt_d,
      line.collapse.effective_rank, line.images_per_second, 100 * line.data_wait_share);
  return text;
}

TrainCallbacks make_callbacks(const TrainFlags& flags, Progress& progress, Io& io) {
  TrainCallbacks callbacks;
  auto detail = std::make_shared<std::string>();
  callbacks.on_step = [&progress, detail](int64_t step, int64_t total) { progress.update(step, total, *detail); };
  callbacks.on_log = [&progress, &io, detail, last = std::vector<std::string>()](const LogLine& line) mutable {
    char text[96];
    std::snprintf(text, sizeof text, "loss %.4f  %.0f images/s", line.loss, line.images_per_second);
    *detail = text;
    if (!io.terminal || line.step == line.total_steps) progress.line(log_text(line));
    if (line.warnings != last)
      for (const auto& warning : line.warnings) progress.line("warning: " + warning);
    last = line.warnings;
  };
  callbacks.on_message = [&progress](const std::string& text) { progress.line(text); };
  callbacks.monitor_every = flags.monitor_every;
  callbacks.stop = &stop_signal;
  if (!flags.eval_train.empty() || !flags.eval_test.empty()) {
    check(!flags.eval_train.empty() && !flags.eval_test.empty(),
          "kindred train: expected --eval-train and --eval-test together, got one of them");
    callbacks.monitor = [&progress, train = open_dataset(flags.eval_train), test = open_dataset(flags.eval_test)](
                            Encoder& encoder, const Preprocess& preprocess) {
      const auto result = knn(embed(encoder, preprocess, train), embed(encoder, preprocess, test));
      const double top1 = result.figures.at(0).value;
      char text[64];
      std::snprintf(text, sizeof text, "monitor: kNN top-1 %.2f %%", 100 * top1);
      progress.line(text);
      return std::vector<std::pair<std::string, double>>{{"knn_top1", top1}};
    };
  }
  return callbacks;
}

}  // namespace

int run_train(Arguments arguments, Io& io) {
  TrainFlags flags;
  const auto own = fields_of(flags);
  const auto typed = parse_flags(train_spec(), own, arguments, io, help_fields);
  if (!typed) return 0;
  const auto [mine, rest] = typed->split(own);
  mine.apply(own);
  Config config;
  if (!flags.config.empty()) config.merge(Config::from_toml_file(flags.config));
  for (const auto& assignment : flags.set) config.set_assignment(assignment, "--set");
  config.merge(rest);

  check(flags.out.empty() != flags.resume.empty(),
        "kindred train: expected --out DIR for a new run or --resume DIR, got ",
        flags.out.empty() ? "neither" : "both");
  set_threads(static_cast<int>(flags.threads));
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);

  Progress progress(io, "train");
  const auto callbacks = make_callbacks(flags, progress, io);
  const std::string command = shell_command("train", arguments);
  TrainResult result;
  std::filesystem::path folder;
  if (flags.resume.empty()) {
    folder = flags.out;
    result = train(resolve(config), folder, callbacks, command);
  } else {
    check(config.settings().empty(), "kindred train: expected no further options beside --resume (they are those of ",
          flags.resume, "/config.toml), got ", config.settings().empty() ? "" : config.settings().begin()->first);
    folder = flags.resume;
    result = resume(folder, callbacks, command);
  }
  progress.clear();
  if (result.stopped) {
    io.err << "stopped at step " << result.steps << "; continue with: kindred train --resume " << folder.string()
           << "\n";
    return 128 + stop_signal;
  }
  write_training_report(folder);
  const Json summary = {{"steps", result.steps},
                        {"loss", result.loss},
                        {"images_per_second", result.images_per_second},
                        {"data_wait_share", result.data_wait_share},
                        {"model", result.model.string()},
                        {"report", (folder / "report.html").string()}};
  if (flags.json) {
    io.out << summary.dump() << "\n";
  } else {
    io.out << "model: " << result.model.string() << "\nreport: " << (folder / "report.html").string() << "\n";
  }
  return 0;
}

}  // namespace kindred::cli
