// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/byte_reader.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

TEST(ByteReader, ReadsPlainAndGzipAlike) {
  TempFolder folder;
  const std::string bytes = counting(100'000);
  put(folder / "plain", bytes);
  put(folder / "packed", gzip(bytes));
  for (const char* name : {"plain", "packed"}) {
    ByteReader reader(folder / name);
    EXPECT_EQ(reader.read_block(60'000, "x"), std::vector<uint8_t>(bytes.begin(), bytes.begin() + 60'000)) << name;
    EXPECT_EQ(reader.offset(), 60'000);
    EXPECT_EQ(reader.read_block(40'000, "x"), std::vector<uint8_t>(bytes.begin() + 60'000, bytes.end())) << name;
    reader.expect_end();
  }
}

TEST(ByteReader, AskingForMoreThanThereIsNamesBothCounts) {
  TempFolder folder;
  put(folder / "short", "abc");
  ByteReader reader(folder / "short");
  const auto message = message_of<Corruption>([&] { reader.read_block(int64_t{1} << 60, "pixels"); });
  EXPECT_THAT(message, HasSubstr("short: offset 3: expected 1152921504606846976 bytes of pixels, got 3"));
}

TEST(ByteReader, CutAndDamagedGzipIsCorruption) {
  TempFolder folder;
  const std::string packed = gzip(counting(50'000));
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  put(folder / "cut", packed.substr(0, packed.size() / 2));
  put(folder / "damaged", damaged);
  for (const char* name : {"cut", "damaged"}) {
    ByteReader reader(folder / name);
    EXPECT_THAT(message_of<Corruption>([&] {
                  reader.read_block(50'000, "x");
                  reader.expect_end();
                }),
                HasSubstr("gzip stream"))
        << name;
  }
}

TEST(ByteReader, MoreBytesThanExpectedIsCorruption) {
  TempFolder folder;
  put(folder / "long", "abcd");
  ByteReader reader(folder / "long");
  reader.read_block(3, "x");
  EXPECT_THAT(message_of<Corruption>([&] { reader.expect_end(); }), HasSubstr("offset 3: expected the end"));
}

TEST(ByteReader, MissingFileAndFolderAreIoErrors) {
  TempFolder folder;
  EXPECT_THAT(message_of<IoError>([&] { ByteReader(folder / "none"); }), HasSubstr("none: cannot open: No such file"));
  EXPECT_THAT(message_of<IoError>([&] { ByteReader(folder.path()); }), HasSubstr("expected a file, got a folder"));
}

}  // namespace
}  // namespace kindred::test
