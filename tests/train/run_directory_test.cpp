// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/run_directory.h"

#include <gmock/gmock.h>

#include <optional>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "tests/support/temp_folder.h"
#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;
using test::error_text;
using test::files_below;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RunDirectory, CreateWritesTheConfig) {
  test::TempFolder temp;
  const auto run = RunDirectory::create(temp / "deep/run", "[run]\n");
  EXPECT_EQ(read_file(run.config()), "[run]\n");
  EXPECT_TRUE(fs::is_directory(run.checkpoints()));
  EXPECT_TRUE(fs::is_directory(run.events()));
}

TEST(RunDirectory, ARunIsNotOverwritten) {
  for (const char* left : {"config.toml", "commands.txt", "metrics.jsonl", "model.safetensors",
                           "checkpoints/a.safetensors", "checkpoints/b.safetensors"}) {
    test::TempFolder temp;
    fs::create_directories((temp / left).parent_path());
    write_file(temp / left, "mine");
    EXPECT_THAT(error_text([&] { RunDirectory::create(temp.path(), "x"); }), HasSubstr(left));
    EXPECT_THAT(files_below(temp.path()), ElementsAre(left));
    EXPECT_EQ(read_file(temp / left), "mine");
  }
}

TEST(RunDirectory, OtherFilesInTheFolderDoNotMatter) {
  test::TempFolder temp;
  write_file(temp / "notes.txt", "mine");
  RunDirectory::create(temp.path(), "x");
  EXPECT_THAT(files_below(temp.path()), ElementsAre("config.toml", "notes.txt"));
}

TEST(RunDirectory, AFileInItsPlaceIsAnIoErrorAndNothingIsLeft) {
  test::TempFolder temp;
  write_file(temp / "out", "a file");
  EXPECT_THROW(RunDirectory::create(temp / "out", "x"), IoError);
  EXPECT_THROW(RunDirectory::create(temp / "out/below", "x"), IoError);
  EXPECT_THAT(files_below(temp.path()), ElementsAre("out"));
}

TEST(RunDirectory, WhereAFolderCannotBeMadeNothingIsLeftAndNothingTaken) {
  test::TempFolder temp;
  const auto folder = temp / "run";
  fs::create_directories(folder);
  write_file(folder / "events", "a file where a folder belongs");
  EXPECT_THROW(RunDirectory::create(folder, "x"), IoError);
  EXPECT_THAT(files_below(folder), ElementsAre("events"));
  EXPECT_FALSE(fs::exists(folder / "checkpoints"));
}

TEST(RunDirectory, OpenNeedsARun) {
  test::TempFolder temp;
  EXPECT_THROW(RunDirectory::open(temp.path()), InvalidArgument);
  EXPECT_THROW(RunDirectory::open(temp / "absent"), InvalidArgument);
  EXPECT_THAT(files_below(temp.path()), IsEmpty());
}

TEST(RunDirectory, OpenRemovesWhatAKilledProcessLeftHalfWritten) {
  test::TempFolder temp;
  { RunDirectory::create(temp.path(), "x"); }
  for (const char* stale : {"model.safetensors.tmp-12-0", "checkpoints/a.safetensors.tmp-12-3"})
    write_file(temp / stale, "half");
  RunDirectory::open(temp.path());
  EXPECT_THAT(files_below(temp.path()), ElementsAre("config.toml"));
}

TEST(RunDirectory, OneProcessAtATime) {
  test::TempFolder temp;
  std::optional<RunDirectory> first(RunDirectory::create(temp.path(), "x"));
  EXPECT_THAT(error_text([&] { RunDirectory::open(temp.path()); }), HasSubstr("another process"));
  first.reset();
  EXPECT_NO_THROW(RunDirectory::open(temp.path()));
}

}  // namespace
}  // namespace kindred
