// SPDX-License-Identifier: Apache-2.0
// Proves: a file appears whole or not at all and leaves nothing beside it; lines are whole after a failed append; every
// refusal of the system is an IoError that starts with the path. A limit on file size stands in for a full disk: write(2)
// then stops half way with an error, as it does there.
#include "kindred/core/file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "kindred/core/error.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using testing::HasSubstr;
using testing::StartsWith;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

template <class F>
std::string io_error(F&& f) {
  try {
    f();
  } catch (const IoError& error) {
    return error.what();
  }
  return "no error";
}

// No file of this process can grow beyond bytes while the object lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(ReadFile, IntoAStringThatHeldAnother) {
  const TempFolder folder;
  const std::string longer(100000, 'a');
  write_file(folder.path() / "long", longer);
  write_file(folder.path() / "short", "bc");
  write_file(folder.path() / "empty", "");
  std::string bytes;
  read_file(folder.path() / "long", bytes);
  EXPECT_EQ(bytes, longer);
  const char* const room = bytes.data();
  read_file(folder.path() / "short", bytes);
  EXPECT_EQ(bytes, "bc");
  EXPECT_EQ(bytes.data(), room);
  read_file(folder.path() / "empty", bytes);
  EXPECT_EQ(bytes, "");
  read_file("/proc/self/stat", bytes);  // whose size the system gives as 0
  EXPECT_THAT(bytes, HasSubstr(" R "));
}

TEST(ReadFile, EveryByte) {
  const TempFolder folder;
  std::string bytes(200000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  write_file(folder / "f", bytes);
  EXPECT_EQ(read_file(folder / "f"), bytes);
  write_file(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
  EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Name:"));  // says it has 0 bytes
}

TEST(ReadFile, Refusals) {
  const TempFolder folder;
  const auto absent = (folder / "absent").string();
  EXPECT_EQ(io_error([&] { read_file(absent); }), absent + ": cannot open: No such file or directory");
  EXPECT_EQ(io_error([&] { read_file(folder.path()); }), folder.path().string() + ": expected a file, got a folder");
}

TEST(AtomicFile, AppearsOnlyAtCommit) {
  const TempFolder folder;
  {
    AtomicFile file(folder / "f");
    file.write("half");
    EXPECT_FALSE(fs::exists(folder / "f"));
    file.write(" whole");
    file.commit();
  }
  EXPECT_EQ(read_file(folder / "f"), "half whole");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"f"});
}

TEST(AtomicFile, WithoutCommitTheOldFileStays) {
  const TempFolder folder;
  write_file(folder / "f", "old");
  {
    AtomicFile file(folder / "f");
    file.write("new");
  }
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"f"});
}

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TempFolder folder;
  write_file(folder / "f", "old");
  const std::string large(100000, 'x');
  std::string message;
  {
    const FileSizeLimit limit(5000);
    message = io_error([&] { write_file(folder / "f", large); });
  }
  EXPECT_EQ(message, (folder / "f").string() + ": cannot write: File too large");
  EXPECT_EQ(read_file(folder / "f"), "old");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"f"});
}

TEST(AtomicFile, TwoWritersAtOnceBothWriteWholeFiles) {
  const TempFolder folder;
  AtomicFile one(folder / "f"), two(folder / "f");
  one.write("one");
  two.write("two");
  two.commit();
  EXPECT_EQ(read_file(folder / "f"), "two");
  one.commit();
  EXPECT_EQ(read_file(folder / "f"), "one");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"f"});
}

TEST(AtomicFile, Refusals) {
  const TempFolder folder;
  const auto absent = (folder / "no/f").string();
  EXPECT_EQ(io_error([&] { AtomicFile{absent}; }), absent + ": cannot create: No such file or directory");
  // A folder of the file's name: found out at the rename, and the temporary goes.
  fs::create_directories(folder / "taken/inside");
  EXPECT_EQ(io_error([&] { write_file(folder / "taken", "x"); }),
            (folder / "taken").string() + ": cannot replace: Is a directory");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"taken"});
}

TEST(AtomicFile, UnwritableFolder) {
  if (::geteuid() == 0) {
    // Root may write anywhere but in /proc.
    EXPECT_THAT(io_error([] { AtomicFile{"/proc/kindred"}; }), StartsWith("/proc/kindred: cannot create: "));
    return;
  }
  const TempFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(io_error([&] { AtomicFile{folder / "f"}; }),
            (folder / "f").string() + ": cannot create: Permission denied");
}

TEST(LineFile, AppendsAndCounts) {
  const TempFolder folder;
  {
    LineFile lines(folder / "m.jsonl", -1);
    EXPECT_EQ(lines.size(), 0);
    lines.append("one");
    EXPECT_EQ(read_file(folder / "m.jsonl"), "one\n");  // flushed at once
    lines.append("");
    EXPECT_EQ(lines.size(), 5);
  }
  LineFile lines(folder / "m.jsonl", -1);
  EXPECT_EQ(lines.size(), 5);
  lines.append("two");
  EXPECT_EQ(read_file(folder / "m.jsonl"), "one\n\ntwo\n");
}

TEST(LineFile, CutsWhatCameAfterTheCheckpoint) {
  const TempFolder folder;
  write_file(folder / "m.jsonl", "one\ntwo\nthr");
  {
    LineFile lines(folder / "m.jsonl", 4);
    EXPECT_EQ(lines.size(), 4);
    lines.append("2");
  }
  EXPECT_EQ(read_file(folder / "m.jsonl"), "one\n2\n");
  { LineFile longer(folder / "m.jsonl", 100); }  // shorter than that: kept as it is, not filled with zeros
  EXPECT_EQ(read_file(folder / "m.jsonl"), "one\n2\n");
  { LineFile none(folder / "m.jsonl", 0); }
  EXPECT_EQ(read_file(folder / "m.jsonl"), "");
}

TEST(LineFile, AHalfWrittenLineIsCutOffAgain) {
  const TempFolder folder;
  LineFile lines(folder / "m.jsonl", -1);
  lines.append("first");
  std::string message;
  {
    const FileSizeLimit limit(10);
    message = io_error([&] { lines.append("a line that does not fit"); });
  }
  EXPECT_EQ(message, (folder / "m.jsonl").string() + ": cannot append: File too large");
  EXPECT_EQ(read_file(folder / "m.jsonl"), "first\n");
  EXPECT_EQ(lines.size(), 6);
  lines.append("second");
  EXPECT_EQ(read_file(folder / "m.jsonl"), "first\nsecond\n");
}

TEST(LineFile, Refusals) {
  const TempFolder folder;
  EXPECT_THAT(io_error([&] { LineFile(folder / "no/m.jsonl", -1); }), HasSubstr("cannot open for appending: No such"));
  EXPECT_THAT(io_error([&] { LineFile(folder.path(), -1); }), StartsWith(folder.path().string() + ": cannot open"));
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  LineFile full("/dev/full", -1);
  EXPECT_EQ(io_error([&] { full.append("x"); }), "/dev/full: cannot append: No space left on device");
}

TEST(MakeFolder, MakesParentsAndRefusesFiles) {
  const TempFolder folder;
  make_folder(folder / "a/b/c");
  make_folder(folder / "a/b/c");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
  write_file(folder / "f", "");
  EXPECT_THAT(io_error([&] { make_folder(folder / "f"); }), StartsWith((folder / "f").string() + ": "));
  EXPECT_THAT(io_error([&] { make_folder(folder / "f/below"); }), StartsWith((folder / "f/below").string() + ": "));
}

}  // namespace
}  // namespace kindred
