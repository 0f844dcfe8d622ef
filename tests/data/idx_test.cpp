// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/idx.h"

#include <gmock/gmock.h>

#include <tuple>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Idx, ReadsPlainAndGzip) {
  TempFolder folder;
  const std::string file = idx_file(kIdxUbyte, {2, 3, 4}, counting(24));
  put(folder / "plain", file);
  put(folder / "packed", gzip(file));
  for (const char* name : {"plain", "packed"}) {
    const IdxArray array = read_idx(folder / name);
    EXPECT_EQ(array.type, kIdxUbyte);
    EXPECT_THAT(array.shape, ElementsAre(2, 3, 4));
    const std::string bytes = counting(24);
    EXPECT_EQ(array.bytes, std::vector<uint8_t>(bytes.begin(), bytes.end()));
  }
}

TEST(Idx, LabelsAreBytesOrBigEndianInts) {
  TempFolder folder;
  put(folder / "bytes", idx_file(kIdxUbyte, {3}, std::string("\0\x09\xFF", 3)));
  put(folder / "ints", idx_file(kIdxInt, {3}, be32(963) + be32(0) + be32(-1)));
  EXPECT_THAT(read_idx_labels(folder / "bytes"), ElementsAre(0, 9, 255));
  EXPECT_THAT(read_idx_labels(folder / "ints"), ElementsAre(963, 0, kNoLabel));
}

// Every way a header can lie; none may allocate what it claims (the largest claims 2^62 bytes and more).
TEST(Idx, LyingHeadersAreCorruptionWithTheOffset) {
  TempFolder folder;
  const std::vector<std::tuple<const char*, std::string, const char*>> cases = {
      {"empty", "", "offset 0: expected 4 bytes of IDX header, got 0"},
      {"header cut", idx_file(kIdxUbyte, {2, 2, 2}, "").substr(0, 9),
       "offset 9: expected 4 bytes of IDX header, got 1"},
      {"magic", "\x01" + idx_file(kIdxUbyte, {1}, "a").substr(1), "offset 0: expected two zero bytes (IDX), got 1 0"},
      {"type", idx_file(0x0D, {1}, "abcd"), "offset 2: expected IDX type 8 (ubyte) or 12 (int), got 13"},
      {"dimensions", idx_file(kIdxUbyte, {1, 1, 1, 1, 1}, "a"), "offset 3: expected 1 to 4 dimensions, got 5"},
      {"no dimensions", idx_file(kIdxUbyte, {}, ""), "offset 3: expected 1 to 4 dimensions, got 0"},
      {"negative size", idx_file(kIdxUbyte, {1, -5}, ""), "offset 8: expected size 1 >= 0, got -5"},
      {"count too high", idx_file(kIdxUbyte, {1000, 28, 28}, counting(10)),
       "expected 784000 bytes of IDX values, got 10"},
      {"huge", idx_file(kIdxUbyte, {0x7FFFFFFF, 0x7FFFFFFF}, "a"),
       "expected 4611686014132420609 bytes of IDX values, got 1"},
      {"overflow", idx_file(kIdxUbyte, {0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF}, "a"),
       "offset 12: expected a size that fits 63 bits"},
      {"trailing", idx_file(kIdxUbyte, {2}, "abc"), "offset 10: expected the end of the file, got more bytes"},
  };
  for (const auto& [name, bytes, expected] : cases) {
    put(folder / "file", bytes);
    EXPECT_THAT(message_of<Corruption>([&] { read_idx(folder / "file"); }), HasSubstr(expected)) << name;
    put(folder / "file.gz", gzip(bytes));
    EXPECT_THAT(message_of<Corruption>([&] { read_idx(folder / "file.gz"); }), HasSubstr(expected))
        << name << ", packed";
  }
}

TEST(Idx, BadLabelsAreCorruption) {
  TempFolder folder;
  put(folder / "negative", idx_file(kIdxInt, {2}, be32(1) + be32(-2)));
  EXPECT_THAT(message_of<Corruption>([&] { read_idx_labels(folder / "negative"); }),
              HasSubstr("offset 12: expected a label >= 0, got -2"));
  put(folder / "square", idx_file(kIdxUbyte, {2, 2}, "abcd"));
  EXPECT_THAT(message_of<Corruption>([&] { read_idx_labels(folder / "square"); }),
              HasSubstr("expected labels of 1 dimension, got 2"));
}

TEST(Idx, FindsLabelsByTheUsualNames) {
  TempFolder folder;
  EXPECT_EQ(find_idx_labels(folder / "t-images-idx3-ubyte.gz"), "");
  for (const char* name :
       {"t-labels-idx1-int.gz", "t-labels-idx1-ubyte.gz", "t-labels-idx1-ubyte"}) {  // rising preference
    put(folder / name, "");
    EXPECT_EQ(find_idx_labels(folder / "t-images-idx3-ubyte.gz"), folder / name);
    EXPECT_EQ(find_idx_labels(folder / "t-images-idx3-ubyte"), folder / name);
  }
  put(folder / "u-labels.idx1-ubyte", "");
  EXPECT_EQ(find_idx_labels(folder / "u-images.idx3-ubyte"), folder / "u-labels.idx1-ubyte");
  EXPECT_EQ(find_idx_labels(folder / "pictures"), "");
}

}  // namespace
}  // namespace kindred::test
