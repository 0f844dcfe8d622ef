// SPDX-License-Identifier: Apache-2.0
// kindred verify: the promises, each by its word. verify resume: a run killed again and again ends with the same bits as
// one that was left alone. verify loss is in verify_loss.cpp.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "kindred/cli/child.h"
#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/progress.h"
#include "kindred/cli/verify_loss.h"
#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/names.h"
#include "kindred/core/rng.h"
#include "kindred/train/compare.h"

namespace kindred::cli {
namespace {

struct VerifyFlags {
  std::string what, out;
  std::vector<std::string> name;
  int64_t steps = 40, kills = 5, seed = 0, threads = 0, cases = AgreementOptions{}.cases;
  bool json = false;
};
void visit_fields(FieldList& v, VerifyFlags& o) {
  v("what", o.what, "which promise: resume, or loss: fused losses are their definitions");
  v("steps", o.steps, "resume: length of the run", at_least(8));
  v("kills", o.kills, "resume: how often it is killed (SIGKILL), at random steps", at_least(1));
  v("seed", o.seed, "of the run and the steps at which it is killed; of the cases", at_least(0));
  v("out", o.out, "resume: keep both runs in this folder; left out: a temporary folder, removed");
  v("name", o.name, "loss: which ones; left out: all");
  v("cases", o.cases, "loss: random cases of each of seven regimes, in each type", at_least(1));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "one JSON object");
}

// A folder that goes away with the object, or one that the user named and that stays.
class WorkFolder {
 public:
  explicit WorkFolder(const std::string& named) : keep_(!named.empty()) {
    if (keep_) {
      path_ = named;
      make_folder(path_);
      return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "kindred-verify-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw IoError(pattern, "cannot make folder: " + errno_text(errno));
    path_ = pattern;
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool keep_;
};

// The step of the last complete line of metrics.jsonl; 0 where there is none yet.
int64_t last_step(const std::filesystem::path& run) {
  std::ifstream in(run / "metrics.jsonl");
  int64_t step = 0;
  for (std::string text; std::getline(in, text);) {
    const auto line = Json::parse(text, nullptr, false);
    if (!line.is_discarded() && line.contains("step")) step = line["step"].get<int64_t>();
  }
  return step;
}

// The last line of a log file: where a child said what was wrong.
std::string last_line(const std::filesystem::path& log) {
  std::ifstream in(log);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return last;
}

void expect_success(int status, const std::filesystem::path& log) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw Error("kindred verify: the training run failed: " + last_line(log));
}

// `kills` different steps in [1, steps - 1], in order.
std::vector<int64_t> kill_steps(const VerifyFlags& flags) {
  CounterRng rng(static_cast<uint64_t>(flags.seed), RngOp::kTest);
  std::set<int64_t> chosen;
  while (std::ssize(chosen) < std::min(flags.kills, flags.steps - 1))
    chosen.insert(1 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(flags.steps - 1))));
  return {chosen.begin(), chosen.end()};
}

// Trains into `run`, killed once it has passed each of the steps, plus up to a step's time so that the kill falls
// anywhere: into a step, a log line or a checkpoint. Returns how often it was killed before its end.
int64_t train_and_kill(const std::vector<std::string>& fresh, const std::filesystem::path& run,
                       const std::vector<int64_t>& steps, uint64_t seed, std::chrono::microseconds step_time,
                       int64_t threads, const std::filesystem::path& log, Progress& progress) {
  const std::vector<std::string> again{"train", "--resume", run.string(), "--threads", std::to_string(threads)};
  CounterRng rng(seed, RngOp::kTest, 1);
  auto child = std::make_unique<Child>(fresh, log);
  int64_t killed = 0;
  for (const int64_t step : steps) {
    while (!child->poll() && last_step(run) < step) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(step_time * rng.uniform());
    if (const auto ended = child->poll()) {
      expect_success(*ended, log);  // the run was over before this kill
      break;
    }
    child->kill();
    ++killed;
    progress.line(concat("killed after step ", last_step(run), ", resuming"));
    child = std::make_unique<Child>(again, log);
  }
  expect_success(child->wait(), log);
  return killed;
}

int verify_resume(const VerifyFlags& flags, const Config& run_options, Io& io) {
  const WorkFolder work(flags.out);
  const auto alone = work.path() / "uninterrupted", killed = work.path() / "killed", log = work.path() / "log.txt";
  const auto arguments = [&](const std::filesystem::path& out) {
    std::vector<std::string> words{"train",
                                   "--out",
                                   out.string(),
                                   "--run.steps",
                                   std::to_string(flags.steps),
                                   "--run.seed",
                                   std::to_string(flags.seed),
                                   "--run.log_every",
                                   "1",
                                   "--run.checkpoint_every",
                                   "3"};
    for (const auto& [name, setting] : run_options.settings()) {
      words.push_back("--" + name);
      words.push_back(setting_word(setting));
    }
    return words;
  };
  Progress progress(io, "verify");
  progress.line(concat("training ", flags.steps, " steps without interruption"));
  const auto begin = std::chrono::steady_clock::now();
  expect_success(Child(arguments(alone), log).wait(), log);
  const auto step_time =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin) / flags.steps;
  progress.line("training the same, killed at random steps");
  const auto seed = static_cast<uint64_t>(flags.seed);
  const int64_t kills =
      train_and_kill(arguments(killed), killed, kill_steps(flags), seed, step_time, flags.threads, log, progress);
  if (kills < flags.kills)
    throw Error(concat("kindred verify: expected ", flags.kills, " kills, got ", kills,
                       ": the run was over too soon; give more --steps"));

  const auto differences = run_differences(alone, killed);
  if (flags.json) {
    io.out << Json{{"verify", "resume"},
                   {"equal", differences.empty()},
                   {"steps", flags.steps},
                   {"kills", kills},
                   {"differences", differences}}
                  .dump()
           << "\n";
  } else if (differences.empty()) {
    io.out << "resume: bit-equal after " << kills << " kills in " << flags.steps
           << " steps (model, optimiser, metrics)\n";
  } else {
    for (const auto& difference : differences) io.out << "resume: " << difference << "\n";
  }
  return differences.empty() ? 0 : 1;
}

}  // namespace

int run_verify(Arguments arguments, Io& io) {
  VerifyFlags flags;
  const auto own = fields_of(flags);
  const auto typed = parse_flags({.command = "verify",
                                  .summary = "prove a promise on this machine",
                                  .example = "kindred verify resume --data fashion-mnist --encoder convnet --steps 40\n"
                                             "kindred verify loss --name nt_xent,sup_con",
                                  .positional = {"what"},
                                  .aliases = {{"method", "method.name"},
                                              {"data", "data.train"},
                                              {"encoder", "encoder.name"},
                                              {"batch", "run.batch"}},
                                  .open = true},
                                 own, arguments, io);
  if (!typed) return 0;
  auto [mine, rest] = typed->split(own);
  mine.apply(own);
  const std::vector<std::string> known{"resume", "loss"};
  check(flags.what == "resume" || flags.what == "loss", unknown_name("kindred verify", "a promise", flags.what, known));
  if (flags.what == "loss") {
    rest.apply(own);  // options of a run mean nothing here: an error that names them
    set_threads(static_cast<int>(flags.threads));
    return verify_loss(flags.name, {.cases = flags.cases, .seed = flags.seed}, flags.json, io);
  }
  if (flags.threads > 0) rest.set("threads", std::to_string(flags.threads), "--threads");
  return verify_resume(flags, rest, io);
}

}  // namespace kindred::cli
