// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/mapped_file.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

TEST(MappedFile, HoldsTheBytes) {
  TempFolder folder;
  put(folder / "x", counting(10'000));
  const MappedFile file(folder / "x");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.data()), static_cast<size_t>(file.size())),
            counting(10'000));
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  TempFolder folder;
  put(folder / "x", "");
  EXPECT_EQ(MappedFile(folder / "x").size(), 0);
}

// Files of /proc have no size and cannot be mapped.
TEST(MappedFile, ReadsWhatCannotBeMapped) {
  const MappedFile file("/proc/self/status");
  EXPECT_THAT(std::string(reinterpret_cast<const char*>(file.data()), static_cast<size_t>(file.size())),
              HasSubstr("Name:"));
}

TEST(MappedFile, MissingFilesAndFoldersAreIoErrors) {
  TempFolder folder;
  EXPECT_THAT(message_of<IoError>([&] { MappedFile file(folder / "none"); }), HasSubstr("none: cannot open"));
  EXPECT_THAT(message_of<IoError>([&] { MappedFile file(folder.path()); }), HasSubstr("expected a file, got a folder"));
}

}  // namespace
}  // namespace kindred::test
