// SPDX-License-Identifier: Apache-2.0
// The command is parsed back by a shell and must give the options it was made from.
#include "kindred/train/command.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>

#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

// The words a shell makes of a command line.
std::vector<std::string> words(const std::string& command) {
  const std::string script = "print_all() { printf '%s\\n' \"$@\"; }; print_all " + command;
  const std::string quoted = [&] {
    std::string out = "sh -c '";
    for (const char c : script) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
  }();
  std::string text;
  FILE* pipe = ::popen(quoted.c_str(), "r");
  std::array<char, 256> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  ::pclose(pipe);
  std::vector<std::string> out;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    out.push_back(text.substr(begin, end - begin));
  return out;
}

TrainOptions parsed(const std::string& command) {
  const auto all = words(command);
  Config config;
  EXPECT_EQ(all.at(0), "kindred");
  EXPECT_EQ(all.at(1), "train");
  for (size_t i = 2; i + 1 < all.size(); i += 2) {
    if (all[i] == "--set") config.set_assignment(all[i + 1], "--set");
    else
      config.set(all[i] == "--method" ? "method.name"
                 : all[i] == "--data" ? "data.train"
                                      : "encoder.name",
                 all[i + 1], all[i]);
  }
  return resolve(config);
}

TEST(ReproducingCommand, OptionsAtTheirDefaultsAreNotNamed) {
  Config config;
  config.set("data.train", "fashion-mnist", "");
  auto options = resolve(config);
  EXPECT_EQ(reproducing_command(options), "kindred train --method simclr --data fashion-mnist --encoder convnet");
  config.set_assignment("loader.workers=7", "");
  options = resolve(config);
  EXPECT_EQ(reproducing_command(options), "kindred train --method simclr --data fashion-mnist --encoder convnet");
  config.set_assignment("run.steps=60", "");
  options = resolve(config);
  EXPECT_EQ(reproducing_command(options),
            "kindred train --method simclr --data fashion-mnist --encoder convnet --set run.steps=60");
}

TEST(ReproducingCommand, AShellReadsTheSameOptions) {
  auto options = test::toy_options(
      "images:/it's \"my\" $HOME/*?labels=none",
      {"views.preset=weak", "optim.name=adamw", "schedule.drop_at=[0.5, 0.75]", "loss.temperature=0.2"});
  auto again = parsed(reproducing_command(options));
  EXPECT_EQ(outcome_toml(again), outcome_toml(options));
}

// 0.2 is the margin of the default loss, which a shell must not take for circle's.
TEST(ReproducingCommand, NamesTheLossThatWasPickedWithItsOptions) {
  auto options = test::toy_options("npy:x.npy", {"method.name=metric", "loss.name=circle", "loss.margin=0.2"});
  const auto command = reproducing_command(options);
  EXPECT_THAT(command, testing::AllOf(testing::HasSubstr("circle"), testing::HasSubstr("loss.margin=0.2")));
  auto again = parsed(command);
  EXPECT_EQ(outcome_toml(again), outcome_toml(options));
  auto usual = test::toy_options("npy:x.npy", {"method.name=metric"});
  EXPECT_THAT(reproducing_command(usual), testing::Not(testing::HasSubstr("loss.")));
}

TEST(ReproducingCommand, NamesSplitChannels) {
  for (const char* method : {"method.name=cmc", "method.name=simclr"}) {
    auto options = test::toy_options("npy:x.npy", {method, "views.channels=L_a_b"});
    auto again = parsed(reproducing_command(options));
    EXPECT_EQ(outcome_toml(again), outcome_toml(options));
  }
}

TEST(OutcomeToml, LeavesOutWhatChangesNothing) {
  auto options = test::toy_options("npy:x.npy");
  const auto text = outcome_toml(options);
  EXPECT_THAT(text, testing::HasSubstr("temperature"));
  for (const char* absent : {"workers", "prefetch", "checkpoint_every"})
    EXPECT_THAT(text, testing::Not(testing::HasSubstr(absent)));
}

}  // namespace
}  // namespace kindred
