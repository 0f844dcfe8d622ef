// SPDX-License-Identifier: Apache-2.0
// The commands, run in process: exit status, what goes to stdout, and the one line that bad input gets on stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kindred/cli/command.h"
#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/data/npy.h"
#include "kindred/data/png_encode.h"
#include "tests/support/temp_folder.h"

namespace kindred::cli {
namespace {

using nlohmann::json;
using test::TempFolder;
using testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string out, err;
};
Outcome kindred(std::vector<std::string> arguments) {
  std::ostringstream out, err;
  Io io{out, err};
  Outcome outcome;
  outcome.status = run(arguments, io);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

json last_json(const std::string& out) {
  std::istringstream lines(out);
  std::string last;
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) last = line;
  return json::parse(last);
}

int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

// Two Gaussian blobs per class in 12 dimensions, `per_class` rows of each of three classes: x.npy and y.npy.
std::string blobs(const TempFolder& folder, const std::string& name, int64_t per_class, uint64_t seed) {
  CounterRng rng(seed, RngOp::kTest);
  std::vector<float> rows;
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < 3 * per_class; ++i) {
    labels.push_back(i % 3);
    for (int64_t j = 0; j < 12; ++j) rows.push_back(static_cast<float>(rng.normal() + (j % 3 == i % 3 ? 4.0 : 0.0)));
  }
  write_npy(folder / (name + ".npy"), rows, {3 * per_class, 12});
  write_npy(folder / (name + "_y.npy"), labels, {3 * per_class});
  return "npy:" + (folder / (name + ".npy")).string() + "?labels=" + (folder / (name + "_y.npy")).string();
}

std::vector<std::string> tiny_train(const std::string& data, const std::filesystem::path& out) {
  return {"train", "--method", "simclr", "--data", data,         "--encoder",       "mlp", "--steps", "12", "--batch",
          "32",    "--seed",   "7",      "--out",  out.string(), "--run.log_every", "4",   "--json"};
}

TEST(Cli, OverviewVersionAndUnknownCommand) {
  EXPECT_EQ(kindred({"--help"}).status, 0);
  EXPECT_THAT(kindred({"--help"}).out, HasSubstr("doctor"));
  EXPECT_THAT(kindred({"--version"}).out, HasSubstr("kindred 0."));
  const auto wrong = kindred({"trian"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("train"));
  EXPECT_EQ(lines_in(wrong.err), 1);
  EXPECT_EQ(kindred({}).status, 2);
}

TEST(Cli, EveryCommandHasHelpWithAnExample) {
  for (const auto& command : commands()) {
    const auto outcome = kindred({std::string(command.name), "--help"});
    EXPECT_EQ(outcome.status, 0) << command.name << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("example:")) << command.name;
  }
}

TEST(Cli, HelpOfTrainListsTheMethodsOwnOptions) {
  const auto outcome = kindred({"train", "--help"});
  for (const char* name :
       {"--loss.temperature", "--optim.lr", "--views.crop-scale-min", "--schedule.name", "--run.steps"})
    EXPECT_THAT(outcome.out, HasSubstr(name));
}

TEST(Cli, BadInputIsOneLineAndStatus2) {
  const TempFolder folder;
  const auto data = blobs(folder, "train", 40, 1);
  const std::string out = (folder / "run").string();
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const std::vector<Case> cases{
      {{"train", "--data", data}, "--out"},
      {{"train", "--out", out}, "data.train"},
      {{"train", "--data", data, "--out", out, "--encoder", "resnet81"}, "resnet18"},
      {{"train", "--data", data, "--out", out, "--method", "simcrl"}, "simclr"},
      {{"train", "--data", data, "--out", out, "--set", "loss.temprature=0.1"}, "loss.temperature"},
      {{"train", "--data", data, "--out", out, "--set", "loss.temperature=-1"}, "> 0"},
      {{"train", "--data", data, "--out", out, "--loss.temperature", "warm"}, "number"},
      {{"train", "--data", data, "--out", out, "--encoder", "mlp", "--batch", "1"}, "batch"},
      {{"train", "--data", data, "--out", out, "--encoder", "mlp", "--batch", "4096"}, "120"},
      {{"train", "--data", data, "--out", out, "--encoder", "convnet", "--batch", "32"}, "convnet"},
      {{"train", "--data", "npy:" + (folder / "absent.npy").string(), "--out", out}, "absent.npy"},
      {{"train", "--resume", (folder / "nowhere").string()}, "nowhere"},
      {{"eval", "--train", data}, "--test"},
      {{"eval", "--model", "pixels", "--train", data, "--test", data, "--protocol", "knnn"}, "knn"},
      {{"eval", "--model", "pixels", "--train", data, "--test", data, "--knn.k", "0"}, "knn.k"},
      {{"eval", "--model", (folder / "absent").string(), "--train", data, "--test", data}, "absent"},
      {{"embed", "--model", "pixels", "--data", data}, "--out"},
      {{"list", "methds"}, "methods"},
      {{"verify", "everything"}, "resume"},
      {{"completion", "tcsh"}, "bash"},
      {{"doctor", "--jsn"}, "--json"},
  };
  for (const auto& item : cases) {
    std::string typed;
    for (const auto& word : item.arguments) typed += word + " ";
    const auto outcome = kindred(item.arguments);
    EXPECT_EQ(outcome.status, 2) << typed;
    EXPECT_THAT(outcome.err, HasSubstr(item.says)) << typed;
    EXPECT_EQ(lines_in(outcome.err), 1) << typed << outcome.err;
    EXPECT_EQ(outcome.out, "") << typed;
    EXPECT_FALSE(std::filesystem::exists(out)) << typed;
  }
}

TEST(Cli, ListComesFromTheRegistries) {
  const auto all = json::parse(kindred({"list", "--json"}).out);
  for (const char* kind : {"methods", "encoders", "losses", "datasets", "augmentations", "protocols"})
    EXPECT_FALSE(all[kind].empty());
  const auto encoders = json::parse(kindred({"list", "encoders", "--json"}).out);
  ASSERT_EQ(encoders.size(), 1u);
  std::vector<std::string> names;
  for (const auto& row : encoders["encoders"]) names.push_back(row["name"]);
  EXPECT_THAT(names, testing::IsSupersetOf({"convnet", "mlp", "resnet18", "resnet34", "resnet50"}));
}

TEST(Cli, TrainTwiceGivesTheSameModelAndEvalJudgesIt) {
  const TempFolder folder;
  const auto train = blobs(folder, "train", 60, 1), test = blobs(folder, "test", 30, 2);
  const auto first = kindred(tiny_train(train, folder / "a"));
  ASSERT_EQ(first.status, 0) << first.err;
  const auto summary = last_json(first.out);
  for (const char* key : {"steps", "loss", "images_per_second", "data_wait_share", "model"})
    EXPECT_TRUE(summary.contains(key)) << key;
  EXPECT_EQ(summary["steps"], 12);
  ASSERT_EQ(kindred(tiny_train(train, folder / "b")).status, 0);
  EXPECT_EQ(read_file(folder / "a/model.safetensors"), read_file(folder / "b/model.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(folder / "a/report.html"));

  const auto again = kindred(tiny_train(train, folder / "a"));
  EXPECT_EQ(again.status, 2);  // a run is never overwritten
  EXPECT_EQ(kindred({"train", "--resume", (folder / "a").string(), "--json"}).status, 0);

  for (const std::string& model : {(folder / "a").string(), std::string("pixels"), std::string("random:mlp")}) {
    const auto judged =
        kindred({"eval", "--model", model, "--train", train, "--test", test, "--protocol", "knn,linear", "--json"});
    ASSERT_EQ(judged.status, 0) << judged.err;
    const auto results = json::parse(judged.out)["results"];
    ASSERT_EQ(results.size(), 2u);
    EXPECT_EQ(results[0]["protocol"], "knn");
    EXPECT_EQ(results[0]["n_test"], 90);
    EXPECT_GT(results[0]["top1"], 0.5);  // three blobs four standard deviations apart; chance is a third
    EXPECT_LE(results[0]["interval"][0], results[0]["top1"]);
    EXPECT_GE(results[0]["interval"][1], results[0]["top1"]);
  }
}

TEST(Cli, EmbedWritesRowsIdsAndLabelsThatEvalReads) {
  const TempFolder folder;
  const auto train = blobs(folder, "train", 60, 1), test = blobs(folder, "test", 30, 2);
  const auto path = [&](const char* name) { return (folder / name).string(); };
  ASSERT_EQ(kindred({"embed", "--model", "pixels", "--data", train, "--out", path("a.npy")}).status, 0);
  const auto second = kindred({"embed", "--model", "pixels", "--data", test, "--out", path("b.npy"), "--json"});
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(json::parse(second.out)["rows"], 90);
  const auto direct = kindred({"eval", "--embeddings", path("a.npy") + "," + path("b.npy"), "--labels",
                               path("a.labels.npy") + "," + path("b.labels.npy"), "--protocol", "knn", "--json"});
  ASSERT_EQ(direct.status, 0) << direct.err;
  const auto through =
      kindred({"eval", "--model", "pixels", "--train", train, "--test", test, "--protocol", "knn", "--json"});
  EXPECT_EQ(json::parse(direct.out)["results"][0]["top1"], json::parse(through.out)["results"][0]["top1"]);
}

TEST(Cli, UnreadablePicturesAreNamedOrSkippedAndCounted) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "pictures");
  for (int i = 0; i < 4; ++i) {
    Image image{
        .height = 8, .width = 8, .channels = 1, .pixels = std::vector<uint8_t>(64, static_cast<uint8_t>(60 * i))};
    image.pixels[static_cast<size_t>(i)] = 255;
    write_file(folder / concat("pictures/", i, ".png"), encode_png(image));
  }
  write_file(folder / "pictures/empty.png", "");
  const auto train = [&](const std::string& data, const char* out) {
    return kindred({"train", "--data", data, "--encoder", "convnet", "--batch", "4", "--steps", "1", "--out",
                    (folder / out).string()});
  };
  const auto spec = "images:" + (folder / "pictures").string();
  const auto refused = train(spec, "a");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("empty.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  const auto counted = train(spec + "?on_error=skip", "b");
  EXPECT_EQ(counted.status, 0) << counted.err;
  EXPECT_THAT(counted.err, HasSubstr("skipped 1 unreadable sample(s)"));
}

TEST(Cli, ConfigFileThenFlagsWin) {
  const TempFolder folder;
  const auto data = blobs(folder, "train", 60, 1);
  write_file(folder / "run.toml",
             "[encoder]\nname = \"mlp\"\n[run]\nsteps = 5\nbatch = 16\n[loss]\ntemperature = 0.3\n");
  const auto outcome = kindred({"train", "--config", (folder / "run.toml").string(), "--data", data, "--steps", "3",
                                "--set", "loss.temperature=0.2", "--set", "schedule.drop_at=[0.5, 0.75]", "--out",
                                (folder / "run").string(), "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(last_json(outcome.out)["steps"], 3);
  const auto config = read_file(folder / "run/config.toml");
  EXPECT_THAT(config, HasSubstr("temperature = 0.2"));
  EXPECT_THAT(config, HasSubstr("batch = 16"));
  EXPECT_THAT(config, HasSubstr("drop_at = [0.5, 0.75]"));
  write_file(folder / "bad.toml", "[run]\nsteps = 5\nbatchsize = 16\n");
  const auto bad =
      kindred({"train", "--config", (folder / "bad.toml").string(), "--data", data, "--out", (folder / "x").string()});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.toml:3"));
  EXPECT_THAT(bad.err, HasSubstr("run.batch"));
}

TEST(Cli, DoctorSaysWhatItFound) {
  const auto outcome = kindred({"doctor", "--json"});
  const auto report = json::parse(outcome.out);
  for (const char* key : {"torch", "blas", "blas_core", "cpu", "threads", "sgemm_gflops", "allocator", "problems"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_EQ(outcome.status, report["problems"].empty() ? 0 : 1);
  EXPECT_GT(report["sgemm_gflops"], 0);
}

TEST(Cli, CompletionNamesCommandsAndMethods) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto outcome = kindred({"completion", shell});
    EXPECT_EQ(outcome.status, 0) << shell;
    for (const char* word : {"train", "simclr", "convnet", "nt_xent", "resume loss", "queue-ids"})
      EXPECT_THAT(outcome.out, HasSubstr(word)) << shell;
  }
}

}  // namespace
}  // namespace kindred::cli
