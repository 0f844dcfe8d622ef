// SPDX-License-Identifier: Apache-2.0
// A run that was stopped, or killed, anywhere ends with the bits of one that was not: model file, every tensor of the
// checkpoint, metrics. A kill is played by copying the folder as it stands in the middle of a step and resuming the copy.
#include "kindred/train/resume.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/train/compare.h"
#include "kindred/train/metrics.h"
#include "tests/support/temp_folder.h"
#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;
using test::error_text;
using test::files_below;
using test::toy_options;
using test::toy_vectors;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// Callbacks that ask for a stop once `step` steps are done.
struct StopAt {
  explicit StopAt(int64_t step) {
    callbacks.stop = &flag;
    callbacks.on_step = [this, step](int64_t done, int64_t) {
      if (done == step) flag = 15;
    };
    callbacks.on_message = [this](const std::string& text) { messages.push_back(text); };
  }
  std::atomic<int> flag{0};
  std::vector<std::string> messages;
  TrainCallbacks callbacks;
};

class Resume : public testing::Test {
 protected:
  Resume() : data_(toy_vectors(temp_ / "x.npy")) {}
  // The run that nobody disturbed.
  void train_whole(std::initializer_list<std::string> settings = {}) {
    train(toy_options(data_, settings), temp_ / "whole", {});
  }
  // The folder of a run that was stopped after `step` steps.
  fs::path stopped_run(int64_t step, std::initializer_list<std::string> settings = {}) {
    const auto out = temp_ / ("stopped" + std::to_string(step));
    StopAt stop(step);
    const auto result = train(toy_options(data_, settings), out, stop.callbacks);
    EXPECT_TRUE(result.stopped);
    EXPECT_EQ(result.steps, step);
    EXPECT_TRUE(result.model.empty());
    EXPECT_FALSE(fs::exists(out / "model.safetensors"));
    return out;
  }
  std::vector<std::string> differences(const fs::path& run) { return run_differences(temp_ / "whole", run); }

  test::TempFolder temp_;
  std::string data_;
};

TEST_F(Resume, StoppedAnywhereGivesTheSameBits) {
  train_whole();
  // Inside a log interval and an epoch, at a log line, at a checkpoint, at an epoch's end, before the last step.
  for (const int64_t step : {1, 4, 5, 6, 7, 12}) {
    const auto out = stopped_run(step);
    const auto result = resume(out, {});
    EXPECT_EQ(result.steps, 13);
    EXPECT_FALSE(result.stopped);
    EXPECT_THAT(differences(out), IsEmpty()) << "stopped after " << step;
  }
}

TEST_F(Resume, EveryOptimiserSurvives) {
  for (const char* optimiser : {"sgd", "adamw", "lars"}) {
    const std::string setting = std::string("optim.name=") + optimiser;
    train(toy_options(data_, {setting}), temp_ / (std::string("whole-") + optimiser), {});
    const auto out = stopped_run(7, {setting});
    resume(out, {});
    EXPECT_THAT(run_differences(temp_ / (std::string("whole-") + optimiser), out), IsEmpty()) << optimiser;
    fs::remove_all(out);
  }
}

TEST_F(Resume, StoppedTwiceWithOtherWorkers) {
  train_whole();
  const auto out = stopped_run(3);
  StopAt again(9);
  EXPECT_TRUE(resume(out, again.callbacks).stopped);
  auto config = read_file(out / "config.toml");
  config.replace(config.find("workers = 1"), 11, "workers = 4");
  write_file(out / "config.toml", config);
  EXPECT_EQ(resume(out, {}).steps, 13);
  EXPECT_THAT(differences(out), IsEmpty());
}

TEST_F(Resume, KilledAnywhereGivesTheSameBits) {
  train_whole();
  for (const int64_t step : {1, 3, 5, 7, 9, 11, 13}) {
    const auto run = temp_ / ("run" + std::to_string(step)), copy = temp_ / ("killed" + std::to_string(step));
    TrainCallbacks callbacks;
    callbacks.on_step = [&](int64_t done, int64_t) {
      if (done != step) return;
      fs::copy(run, copy, fs::copy_options::recursive);
      write_file(copy / "checkpoints/a.safetensors.tmp-1-1", "half of a checkpoint");
      std::ofstream(copy / "metrics.jsonl", std::ios::app) << "{\"step\":";  // and half of a line
    };
    train(toy_options(data_), run, callbacks);
    EXPECT_EQ(resume(copy, {}).steps, 13);
    EXPECT_THAT(differences(copy), IsEmpty()) << "killed after " << step;
    EXPECT_THAT(files_below(copy), testing::Not(Contains(HasSubstr(".tmp"))));
  }
}

TEST_F(Resume, TheMonitorIsNeitherLostNorDoubled) {
  TrainCallbacks monitored;
  monitored.monitor_every = 5;
  monitored.monitor = [](Encoder& encoder, const Preprocess&) {
    return Figures{{"first_weight", encoder.parameters()[0].flatten()[0].item<double>()}};
  };
  train(toy_options(data_), temp_ / "whole", monitored);
  for (const int64_t step : {5, 6, 13}) {
    const auto run = temp_ / ("run" + std::to_string(step)), copy = temp_ / ("killed" + std::to_string(step));
    // Killed inside the monitor: its line is not written, the checkpoint of the same step is.
    auto dying = monitored;
    int64_t last_step = 0;
    dying.on_step = [&](int64_t done, int64_t) { last_step = done; };
    dying.monitor = [&](Encoder& encoder, const Preprocess& preprocess) {
      if (last_step >= step && !fs::exists(copy)) fs::copy(run, copy, fs::copy_options::recursive);
      return monitored.monitor(encoder, preprocess);
    };
    train(toy_options(data_), run, dying);
    resume(copy, monitored);
    EXPECT_THAT(differences(copy), IsEmpty()) << "killed in the monitor after " << step;

    StopAt stop(step);
    if (step == 13) continue;
    stop.callbacks.monitor = monitored.monitor;
    stop.callbacks.monitor_every = 5;
    const auto out = temp_ / ("stopped" + std::to_string(step));
    train(toy_options(data_), out, stop.callbacks);
    resume(out, monitored);
    EXPECT_THAT(differences(out), IsEmpty()) << "stopped after " << step;
  }
}

TEST_F(Resume, DamagedNewestCheckpointFallsBack) {
  train_whole();
  const auto out = stopped_run(12);  // checkpoints of 10 and 12
  std::vector<std::string> messages;
  TrainCallbacks callbacks;
  callbacks.on_message = [&](const std::string& text) { messages.push_back(text); };
  auto pair = CheckpointPair(out / "checkpoints");
  pair.newest();
  auto bytes = read_file(pair.last());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 64);
  write_file(pair.last(), bytes);
  EXPECT_EQ(resume(out, callbacks).steps, 13);
  EXPECT_THAT(messages, AllOf(Contains(HasSubstr("damaged")), Contains(HasSubstr("resumed from step 10"))));
  EXPECT_THAT(differences(out), IsEmpty());
}

TEST_F(Resume, WithoutACheckpointItBeginsAgain) {
  train_whole();
  const auto out = stopped_run(3);
  fs::remove(out / "checkpoints/a.safetensors");
  EXPECT_EQ(resume(out, {}).steps, 13);
  EXPECT_THAT(differences(out), IsEmpty());
}

TEST_F(Resume, ACompleteRunReturnsAtOnce) {
  train_whole();
  const auto before = files_below(temp_ / "whole");
  int64_t steps = 0;
  const auto result = resume(temp_ / "whole", {.on_step = [&](int64_t, int64_t) { ++steps; }});
  EXPECT_EQ(steps, 0);
  EXPECT_EQ(result.steps, 13);
  EXPECT_EQ(result.model, temp_ / "whole/model.safetensors");
  EXPECT_GT(result.images_per_second, 0);
  EXPECT_EQ(files_below(temp_ / "whole"), before);
}

TEST_F(Resume, OnlyTheModelWasMissing) {
  train_whole();
  const auto bytes = read_file(temp_ / "whole/model.safetensors");
  const auto loss = resume(temp_ / "whole", {}).loss;
  fs::remove(temp_ / "whole/model.safetensors");
  const auto result = resume(temp_ / "whole", {});
  EXPECT_EQ(result.steps, 13);
  EXPECT_EQ(result.loss, loss);
  EXPECT_EQ(read_file(temp_ / "whole/model.safetensors"), bytes);
}

TEST_F(Resume, LostMetricsDoNotLoseTheRun) {
  train_whole();
  const auto out = stopped_run(9);
  fs::resize_file(out / "metrics.jsonl", fs::file_size(out / "metrics.jsonl") - 3);  // into the line of step 8
  std::vector<std::string> messages;
  resume(out, {.on_message = [&](const std::string& text) { messages.push_back(text); }});
  EXPECT_THAT(messages, Contains(HasSubstr("lost")));
  EXPECT_EQ(read_file(out / "model.safetensors"), read_file(temp_ / "whole/model.safetensors"));
  EXPECT_EQ(read_metrics(out / "metrics.jsonl").size(), 3u);  // 4, 12, 13
}

TEST_F(Resume, OtherOptionsOrDataAreRefused) {
  const auto out = stopped_run(3);
  const auto config = read_file(out / "config.toml");
  auto changed = config;
  changed.replace(changed.find("temperature = 0.5"), 17, "temperature = 0.25");
  write_file(out / "config.toml", changed);
  EXPECT_THAT(error_text([&] { resume(out, {}); }),
              AllOf(HasSubstr("loss.temperature"), HasSubstr("0.5"), HasSubstr("0.25")));
  write_file(out / "config.toml", config);
  toy_vectors(temp_ / "x.npy", 40);
  EXPECT_THAT(error_text([&] { resume(out, {}); }), AllOf(HasSubstr("50"), HasSubstr("got 40")));
}

TEST_F(Resume, AFolderWithoutARunIsRefused) {
  fs::create_directories(temp_ / "empty");
  EXPECT_THAT(error_text([&] { resume(temp_ / "empty", {}); }), HasSubstr("config.toml"));
}

}  // namespace
}  // namespace kindred
