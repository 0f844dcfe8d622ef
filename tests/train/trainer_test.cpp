// SPDX-License-Identifier: Apache-2.0
// train(): what a run leaves in its folder, that equal runs leave equal bytes, what a log line says, and that bad input
// is one clear error that leaves nothing behind. resume() has resume_test.cpp.
#include "kindred/train/trainer.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/nn/model.h"
#include "kindred/train/checkpoint.h"
#include "kindred/train/compare.h"
#include "kindred/train/metrics.h"
#include "kindred/train/non_finite.h"
#include "tests/support/temp_folder.h"
#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;
using test::error_text;
using test::files_below;
using test::toy_images;
using test::toy_options;
using test::toy_vectors;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

TEST(Train, FillsTheRunDirectory) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  const auto result = train(toy_options(data), temp / "run", {}, "kindred train --out somewhere");
  EXPECT_EQ(result.steps, 13);
  EXPECT_FALSE(result.stopped);
  EXPECT_GT(result.images_per_second, 0);
  EXPECT_GE(result.data_wait_share, 0);
  EXPECT_LE(result.data_wait_share, 1);
  EXPECT_EQ(result.model, temp / "run/model.safetensors");
  EXPECT_THAT(files_below(temp / "run"),
              ElementsAre("checkpoints/a.safetensors", "checkpoints/b.safetensors", "commands.txt", "config.toml",
                          MatchesRegex("events/events\\.out\\.tfevents\\..*"), "metrics.jsonl", "model.safetensors"));
  EXPECT_EQ(read_file(temp / "run/commands.txt"), "kindred train --out somewhere\n");

  auto options = toy_options(data);
  auto written = resolve(Config::from_toml_file(temp / "run/config.toml"));
  EXPECT_TRUE(same_values(options.fields(), written.fields()));

  const auto newest = CheckpointPair(temp / "run/checkpoints").newest();
  EXPECT_EQ(newest->step, 13);
  EXPECT_EQ(newest->epoch, 2);  // 6 batches of 8 in 50 samples
  EXPECT_EQ(newest->batch_index, 1);

  const auto lines = read_metrics(temp / "run/metrics.jsonl");
  std::vector<int64_t> steps;
  for (const auto& line : lines) steps.push_back(line["step"].get<int64_t>());
  EXPECT_THAT(steps, ElementsAre(4, 8, 12, 13));
  EXPECT_EQ(lines.back()["loss"].get<double>(), result.loss);
}

TEST(Train, ModelCarriesWhatItTakesToUseAndReproduceIt) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  train(toy_options(data), temp / "run", {}, "typed");
  const auto model = load_model(temp / "run");
  EXPECT_EQ(model.encoder_name, "mlp");
  EXPECT_EQ(model.encoder->out_dim(), 16);
  EXPECT_EQ(model.preprocess.features, 12);
  EXPECT_EQ(model.provenance.at("method"), "simclr");
  EXPECT_EQ(model.provenance.at("data"), data);
  EXPECT_EQ(model.provenance.at("steps"), "13");
  EXPECT_THAT(model.provenance.at("command"), AllOf(HasSubstr("kindred train"), HasSubstr("--set run.seed=3")));
}

TEST(Train, EqualRunsLeaveEqualBytes) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  train(toy_options(data), temp / "a", {}, "one command");
  train(toy_options(data, {"loader.workers=2"}), temp / "b", {}, "another");
  train(toy_options(data, {"loader.workers=8", "loader.prefetch=1", "run.checkpoint_every=0"}), temp / "c", {});
  EXPECT_THAT(run_differences(temp / "a", temp / "b"), IsEmpty());
  EXPECT_THAT(run_differences(temp / "a", temp / "c"), IsEmpty());
  train(toy_options(data, {"run.seed=4"}), temp / "d", {});
  EXPECT_FALSE(run_differences(temp / "a", temp / "d").empty());
}

TEST(Train, ImagesWithAConvolutionalEncoder) {
  test::TempFolder temp;
  const auto data = toy_images(temp / "x-idx3-ubyte");
  for (const char* run : {"a", "b"}) train(toy_options(data, {"encoder.name=mlp", "run.steps=6"}), temp / run, {});
  EXPECT_THAT(run_differences(temp / "a", temp / "b"), IsEmpty());
  Config config;
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"data.train", data}, {"encoder.width", "4"}, {"run.batch", "8"}, {"run.epochs", "0.5"}, {"head.out", "8"}})
    config.set(name, value, "test");
  const auto result = train(resolve(config), temp / "convnet", {});
  EXPECT_EQ(result.steps, 3);  // half of 6 batches
  EXPECT_EQ(load_model(temp / "convnet").encoder->out_dim(), 32);
}

TEST(Train, LogLineIsTheMeanOfItsInterval) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  std::vector<LogLine> every, fourth;
  train(toy_options(data, {"run.log_every=1"}), temp / "a",
        {.on_log = [&](const LogLine& line) { every.push_back(line); }});
  train(toy_options(data), temp / "b", {.on_log = [&](const LogLine& line) { fourth.push_back(line); }});
  ASSERT_EQ(every.size(), 13u);
  ASSERT_EQ(fourth.size(), 4u);
  size_t next = 0;
  for (const auto& line : fourth) {
    double sum = 0;
    const size_t first = next;
    for (; next < static_cast<size_t>(line.step); ++next) sum += every[next].loss;
    EXPECT_DOUBLE_EQ(line.loss, sum / static_cast<double>(next - first));
    EXPECT_EQ(line.grad_norm, every[next - 1].grad_norm);
    EXPECT_EQ(line.lr, lr_at({}, 0.05, line.step - 1, 0, 13));
    EXPECT_EQ(line.total_steps, 13);
    EXPECT_DOUBLE_EQ(line.epoch, static_cast<double>(line.step) / 6);
    EXPECT_EQ(line.collapse.effective_rank, every[next - 1].collapse.effective_rank);
    EXPECT_GT(line.collapse.effective_rank, 1);
    EXPECT_GT(line.images_per_second, 0);
  }
}

TEST(Train, MonitorSeesTheEncoderAndIsWrittenDown) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  int64_t calls = 0;
  TrainCallbacks callbacks;
  callbacks.monitor_every = 6;
  callbacks.monitor = [&](Encoder& encoder, const Preprocess& preprocess) {
    encoder.eval();  // and not set back: the loop must not depend on it
    EXPECT_EQ(preprocess.features, 12);
    ++calls;
    return Figures{{"knn", 0.25 * static_cast<double>(calls)}, {"seconds", 1.5}};
  };
  train(toy_options(data), temp / "with", callbacks);
  train(toy_options(data), temp / "without", {});
  EXPECT_EQ(calls, 3);  // steps 6, 12 and the end
  std::vector<std::string> monitors;
  for (const auto& line : read_metrics(temp / "with/metrics.jsonl"))
    if (line.contains("monitor")) monitors.push_back(without_timing(line).dump());
  EXPECT_THAT(monitors, ElementsAre(R"({"step":6,"epoch":1.0,"monitor":{"knn":0.25}})",
                                    R"({"step":12,"epoch":2.0,"monitor":{"knn":0.5}})", HasSubstr(R"("step":13)")));
  EXPECT_EQ(read_file(temp / "with/model.safetensors"), read_file(temp / "without/model.safetensors"));
}

// --- what is refused ---

TEST(TrainRefuses, AFolderThatHoldsARun) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  train(toy_options(data), temp / "run", {});
  const auto before = read_file(temp / "run/metrics.jsonl");
  EXPECT_THAT(error_text([&] { train(toy_options(data), temp / "run", {}); }), HasSubstr("--resume"));
  EXPECT_EQ(read_file(temp / "run/metrics.jsonl"), before);
}

TEST(TrainRefuses, OptionsThatDoNotFitTheDataAndLeavesNothing) {
  test::TempFolder temp;
  const auto vectors = toy_vectors(temp / "x.npy");
  const auto refused = [&](const std::string& data, std::initializer_list<std::string> settings) {
    const auto text = error_text([&] { train(toy_options(data, settings), temp / "run", {}); });
    EXPECT_FALSE(fs::exists(temp / "run")) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    return text;
  };
  EXPECT_THAT(refused(vectors, {"run.batch=1"}),
              AllOf(HasSubstr("simclr"), HasSubstr("at least 2"), HasSubstr("got 1")));
  EXPECT_THAT(refused(vectors, {"run.batch=51"}), AllOf(HasSubstr("51"), HasSubstr("got 50")));
  EXPECT_THAT(refused("", {}), HasSubstr("data.train"));
  EXPECT_THAT(refused("npy:" + (temp / "absent.npy").string(), {}), HasSubstr("absent.npy"));
  Config config;
  config.set("data.train", vectors, "");
  config.set("run.batch", "8", "");
  EXPECT_THAT(error_text([&] { train(resolve(config), temp / "run", {}); }),
              AllOf(HasSubstr("convnet"), HasSubstr("[12]")));
  EXPECT_FALSE(fs::exists(temp / "run"));
  TrainOptions unresolved;
  EXPECT_THROW(train(std::move(unresolved), temp / "run", {}), InvalidArgument);
}

TEST(TrainRefuses, DataThatAMethodCannotUse) {
  test::TempFolder temp;
  const auto grey = toy_images(temp / "x.idx"), bare = toy_vectors(temp / "x.npy");
  const auto text = [&](const std::string& data, std::initializer_list<std::string> settings) {
    return error_text([&] { train(toy_options(data, settings), temp / "run", {}); });
  };
  EXPECT_THAT(text(grey, {"method.name=cmc"}),
              AllOf(HasSubstr("cmc"), HasSubstr("expected colour pictures"), HasSubstr("x.idx")));
  for (const char* method : {"method.name=metric", "method.name=sup_con"})
    EXPECT_THAT(text(bare, {method}), AllOf(HasSubstr("expected labelled data"), HasSubstr("x.npy")));
  EXPECT_THAT(text(bare, {"loader.per_class=2"}), AllOf(HasSubstr("per_class"), HasSubstr("without labels")));
  EXPECT_THAT(text(bare, {"method.name=cmc", "views.channels=all"}), HasSubstr("views.channels"));
  EXPECT_FALSE(fs::exists(temp / "run"));
}

TEST(Train, EveryMethodRunsOnVectors) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  for (const char* method : {"cmc", "dae", "masked", "semi_sup", "vicreg"}) {
    const auto folder = temp / method;
    Config typed;
    for (const auto& assignment :
         {"data.train=" + data, std::string("method.name=") + method, std::string("encoder.name=mlp"),
          std::string("run.batch=8"), std::string("run.steps=3"), std::string("loader.workers=1")})
      typed.set_assignment(assignment, "test");
    const auto result = train(resolve(typed), folder, {});
    EXPECT_EQ(result.steps, 3) << method;
    EXPECT_NO_THROW(load_model(folder)) << method;
  }
}

TEST(TrainRefuses, NotANumberInTheData) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  auto bytes = read_file(temp / "x.npy");
  const float bad = std::numeric_limits<float>::quiet_NaN();
  bytes.replace(bytes.size() - sizeof bad, sizeof bad, reinterpret_cast<const char*>(&bad), sizeof bad);
  write_file(temp / "x.npy", bytes);
  EXPECT_THAT(error_text([&] { train(toy_options(data), temp / "run", {}); }),
              AllOf(HasSubstr("x.npy"), HasSubstr("nan")));
  EXPECT_FALSE(fs::exists(temp / "run"));
}

TEST(TrainRefuses, AFileWhereTheFolderBelongs) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  write_file(temp / "run", "a file");
  EXPECT_THROW(train(toy_options(data), temp / "run", {}), IoError);
  EXPECT_EQ(read_file(temp / "run"), "a file");
}

// --- what goes wrong on the way ---

TEST(TrainStops, WhereTheWeightsOverflow) {
  test::TempFolder temp;
  const auto data = toy_vectors(temp / "x.npy");
  // The first step of the warm-up has rate 0 and leaves a good checkpoint; the rates after it no weight survives.
  const auto text = error_text([&] {
    train(toy_options(data, {"schedule.warmup_epochs=0.5", "optim.lr=1e38", "run.checkpoint_every=1",
                             "schedule.name=constant"}),
          temp / "run", {});
  });
  EXPECT_THAT(text, AllOf(HasSubstr("train: step "), HasSubstr("first bad tensor: "), HasSubstr("is kept: ")));
  EXPECT_THAT(text, testing::ContainsRegex("(parameter|gradient of|buffer|output) [a-z]"));
  const auto kept = CheckpointPair(temp / "run/checkpoints").newest();
  ASSERT_TRUE(kept.has_value());
  for (const auto& [name, tensor] : kept->model) EXPECT_TRUE(all_finite(tensor)) << name;
  for (const auto& file : files_below(temp / "run")) EXPECT_EQ(file.find(".tmp"), std::string::npos) << file;
  EXPECT_FALSE(fs::exists(temp / "run/model.safetensors"));
}

// A small file system of its own, where the tests may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at) {
    fs::create_directories(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=512k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount(at_.c_str());
  }
  bool mounted() const { return mounted_; }

 private:
  fs::path at_;
  bool mounted_ = false;
};

TEST(TrainStops, WhereTheDiskIsFullAndKeepsTheLastCheckpoint) {
  test::TempFolder temp;
  SmallDisk disk(temp / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount a tmpfs here";
  const auto data = toy_vectors(temp / "x.npy");
  TrainCallbacks callbacks;
  callbacks.on_step = [&](int64_t step, int64_t) {
    if (step != 7) return;  // after the checkpoint of step 5
    std::error_code ignored;
    const auto room = fs::space(temp / "disk", ignored).available;
    write_file(temp / "disk/ballast", std::string(room > 8192 ? room - 8192 : 0, 'x'));
  };
  EXPECT_THROW(train(toy_options(data), temp / "disk/run", callbacks), IoError);
  for (const auto& file : files_below(temp / "disk/run")) EXPECT_EQ(file.find(".tmp"), std::string::npos) << file;
  EXPECT_EQ(CheckpointPair(temp / "disk/run/checkpoints").newest()->step, 5);

  fs::remove(temp / "disk/ballast");
  EXPECT_EQ(resume(temp / "disk/run", {}).steps, 13);
  train(toy_options(data), temp / "undisturbed", {});
  EXPECT_THAT(run_differences(temp / "undisturbed", temp / "disk/run"), IsEmpty());
}

TEST(TrainStops, WhereTheDiskIsFullFromTheStart) {
  test::TempFolder temp;
  SmallDisk disk(temp / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount a tmpfs here";
  const auto data = toy_vectors(temp / "x.npy");
  for (const int64_t room : {0, 4096, 8192}) {  // pages; the config, the command and the events need three at least
    write_file(temp / "disk/ballast", std::string(static_cast<size_t>(512 * 1024 - room), 'x'));
    EXPECT_THROW(train(toy_options(data), temp / "disk/run", {}, "typed"), IoError) << room;
    EXPECT_THAT(files_below(temp / "disk"), ElementsAre("ballast")) << room;
    EXPECT_FALSE(fs::exists(temp / "disk/run")) << room;
    fs::remove(temp / "disk/ballast");
  }
}

// Every method on vectors and on pictures, a few steps each.
TEST(Train, EveryMethodRunsOnVectorsAndOnPictures) {
  test::TempFolder temp;
  const auto vectors = toy_vectors(temp / "x.npy"), pictures = toy_images(temp / "p.idx");
  for (const auto& row : method_rows()) {
    if (row.needs_labels || row.channels != "all") continue;  // cmc takes colour alone
    Config config;
    const auto name = std::string(row.name);
    for (const std::string& setting : {"method.name=" + name, std::string("run.batch=8"), std::string("run.steps=3"),
                                       std::string("optim.lr=0.01"), std::string("loader.workers=1")})
      config.set_assignment(setting, "test");
    Config on_vectors = config, on_pictures = config;
    on_vectors.set_assignment("data.train=" + vectors, "test");
    on_vectors.set_assignment("encoder.name=mlp", "test");
    on_vectors.set_assignment("encoder.hidden=[16, 16]", "test");
    on_pictures.set_assignment("data.train=" + pictures, "test");
    on_pictures.set_assignment("encoder.name=convnet", "test");
    on_pictures.set_assignment("encoder.width=2", "test");
    EXPECT_EQ(train(resolve(on_vectors), temp / ("vectors_" + name), {}).steps, 3) << name;
    EXPECT_EQ(train(resolve(on_pictures), temp / ("pictures_" + name), {}).steps, 3) << name;
  }
}

// 24 colour pictures of 32 x 32 in 4 classes, as CIFAR's binary files.
std::string toy_colours(const fs::path& folder) {
  std::string bytes;
  for (int64_t i = 0; i < 24; ++i) {
    CounterRng rng(5, RngOp::kTest, static_cast<uint64_t>(i));
    bytes += static_cast<char>(i % 4);
    for (int64_t pixel = 0; pixel < 3072; ++pixel) bytes += static_cast<char>(rng.below(256));
  }
  fs::create_directories(folder);
  write_file(folder / "data_batch_1.bin", bytes);
  return "cifar:" + folder.string() + "?split=train";
}

void expect_two_steps(const std::string& data, std::string_view method, const std::vector<std::string>& encoder,
                      const fs::path& out) {
  Config config;
  config.set_assignment("data.train=" + data, "test");
  config.set_assignment("method.name=" + std::string(method), "test");
  for (const char* setting : {"run.batch=8", "run.steps=2", "optim.lr=0.01", "loader.workers=1"})
    config.set_assignment(setting, "test");
  for (const auto& setting : encoder) config.set_assignment(setting, "test");
  // Rows have one length only.
  if (encoder[0] == "encoder.name=mlp" && find_method(method).local_crops)
    config.set_assignment("views.local_count=0", "test");
  EXPECT_EQ(train(resolve(config), out, {}).steps, 2) << method << " " << encoder[0];
  fs::remove_all(out);
}

// Every method on colour pictures with labels: those that read labels and those that split channels among them.
TEST(Train, EveryMethodRunsOnLabelledColourWithEveryKindOfEncoder) {
  test::TempFolder temp;
  const auto data = toy_colours(temp / "colours");
  for (const auto& row : method_rows()) {
    expect_two_steps(data, row.name, {"encoder.name=convnet", "encoder.width=2"}, temp / "run");
    expect_two_steps(data, row.name, {"encoder.name=mlp", "encoder.hidden=[16, 16]"}, temp / "run");
  }
  // A network of residual blocks is large: one method of each make. Local crops, a slow copy, two encoders, labels, a decoder.
  for (const char* method : {"dino", "byol", "cmc", "metric", "dae"})
    expect_two_steps(data, method, {"encoder.name=resnet18", "views.local_count=0"}, temp / "run");
}

TEST(Train, HiddenLabelsStayHiddenFromTheSampler) {
  test::TempFolder temp;
  const auto data = toy_colours(temp / "colours");
  const auto run = [&](std::initializer_list<std::string> more) {
    Config config;
    config.set_assignment("data.train=" + data, "test");
    for (const char* setting : {"method.name=semi_sup", "encoder.name=convnet", "encoder.width=2", "run.batch=8",
                                "run.steps=1", "label_share=0.5"})
      config.set_assignment(setting, "test");
    for (const auto& setting : more) config.set_assignment(setting, "test");
    train(resolve(config), temp / "run", {});
  };
  for (const std::string setting : {"loader.per_class=4", "loader.sampler=balanced", "views.positives.from=label"}) {
    const auto text = error_text([&] { run({setting}); });
    EXPECT_THAT(text, HasSubstr("semi_sup: expected label_share = 1 beside ")) << setting;
    EXPECT_THAT(text, HasSubstr(setting.substr(0, setting.find('=')))) << text;
    EXPECT_FALSE(fs::exists(temp / "run")) << setting;
  }
  run({});
}

TEST(Train, LocalCropsNeedAnEncoderOfAnySize) {
  test::TempFolder temp;
  const auto data = toy_images(temp / "p.idx");
  const auto run = [&](std::initializer_list<std::string> more) {
    Config config;
    for (const char* setting :
         {"method.name=swav", "encoder.name=mlp", "encoder.hidden=[16]", "run.batch=8", "run.steps=1"})
      config.set_assignment(setting, "test");
    config.set_assignment("data.train=" + data, "test");
    for (const auto& setting : more) config.set_assignment(setting, "test");
    train(resolve(config), temp / "run", {});
  };
  EXPECT_THAT(error_text([&] { run({}); }),
              AllOf(HasSubstr("mlp"), HasSubstr("views.local_side=1"), HasSubstr("local_count=0")));
  EXPECT_FALSE(fs::exists(temp / "run"));
  EXPECT_EQ(error_text([&] { run({"views.local_side=1"}); }), "no error");
}

}  // namespace
}  // namespace kindred
