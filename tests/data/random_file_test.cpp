// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/random_file.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

TEST(RandomFile, ReadsAnywhere) {
  TempFolder folder;
  put(folder / "x", "0123456789");
  const RandomFile file(folder / "x");
  EXPECT_EQ(file.size(), 10);
  char out[4] = "...";
  file.read(7, out, 3);
  EXPECT_STREQ(out, "789");
  file.read(0, out, 2);
  EXPECT_STREQ(out, "019");
  file.read(10, out, 0);
}

TEST(RandomFile, ShortMissingAndOddFilesAreErrors) {
  TempFolder folder;
  put(folder / "x", "0123456789");
  const RandomFile file(folder / "x");
  char out[16];
  EXPECT_THAT(message_of<Corruption>([&] { file.read(8, out, 5); }),
              HasSubstr("x: offset 10: expected 3 more bytes, got the end of the file"));
  std::filesystem::resize_file(folder / "x", 4);  // under way
  EXPECT_THAT(message_of<Corruption>([&] { file.read(2, out, 5); }), HasSubstr("x: offset 4: "));
  EXPECT_THAT(message_of<IoError>([&] { RandomFile(folder / "y"); }), HasSubstr("y: cannot open: No such file"));
  EXPECT_THAT(message_of<IoError>([&] { RandomFile{folder.path()}; }), HasSubstr("expected a plain file"));
}

}  // namespace
}  // namespace kindred::test
