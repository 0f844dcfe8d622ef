// SPDX-License-Identifier: Apache-2.0
// Oracle: archives that tar(1) made, and headers written by hand (fixtures.cpp).
#include "kindred/data/tar_walk.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> listing(const std::filesystem::path& path) {
  const RandomFile archive(path);
  TarWalk walk(archive);
  std::vector<std::string> out;
  for (auto member = walk.member(0); member; member = walk.member(member->next)) {
    if (!member->file) continue;
    const std::string content(walk.bytes(member->data, member->size));
    out.push_back(member->name + "=" + content);
    EXPECT_EQ(TarWalk(archive).member(member->header)->name, member->name);  // found again by its offset
  }
  return out;
}

std::string walk_error(const TempFolder& folder, std::string_view bytes) {
  put(folder / "x.tar", bytes);
  return message_of<Corruption>([&] { listing(folder / "x.tar"); });
}

TEST(TarWalk, EveryFormatOfTar) {
  TempFolder folder;
  const std::string deep = "d/" + std::string(90, 'p') + "/" + std::string(60, 'q');
  const std::string longest = "d/" + std::string(200, 'n') + ".txt";
  put(folder / "in" / (deep + "/a.txt"), "deep");
  put(folder / "in" / longest, std::string(513, 'x'));
  put(folder / "in/d/empty", "");
  put(folder / "in/d/b.txt", "b");
  std::filesystem::create_symlink("b.txt", folder / "in/d/link");
  for (const char* format : {"gnu", "pax", "ustar"}) {
    const bool ustar = std::string(format) == "ustar";  // which cannot hold the longest name
    const std::string command = "cd '" + (folder / "in").string() + "' && /bin/tar --sort=name --format=" + format +
                                (ustar ? " --exclude='nnnn*'" : "") + " -cf ../x.tar d";
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::vector<std::string> expected = {"d/b.txt=b", "d/empty="};
    if (!ustar) expected.push_back(longest + "=" + std::string(513, 'x'));
    expected.push_back(deep + "/a.txt=deep");
    EXPECT_EQ(listing(folder / "x.tar"), expected) << format;
  }
}

// More bytes than are ever read at once, small members in a row, then large ones, then small ones again.
TEST(TarWalk, MembersOfManySizes) {
  TempFolder folder;
  TarFiles files;
  std::vector<std::string> expected;
  for (int i = 0; i < 1500; ++i) {
    const size_t size = i >= 900 && i < 930 ? 40000 + static_cast<size_t>(i) * 7 : static_cast<size_t>(i * 37 % 1300);
    files.emplace_back("m" + std::to_string(i), counting(size) + std::to_string(i));
    expected.push_back(files.back().first + "=" + files.back().second);
  }
  put(folder / "x.tar", tar_file(files));
  EXPECT_EQ(listing(folder / "x.tar"), expected);
}

TEST(TarWalk, ByHand) {
  TempFolder folder;
  put(folder / "x.tar", tar_file({{"a", "1"}, {"b/", ""}, {"c", std::string(512, 'c')}}));
  EXPECT_THAT(listing(folder / "x.tar"), ElementsAre("a=1", "c=" + std::string(512, 'c')));
  put(folder / "x.tar", tar_file({}));
  EXPECT_THAT(listing(folder / "x.tar"), ElementsAre());
}

TEST(TarWalk, DamageIsAnErrorWithItsOffset) {
  TempFolder folder;
  const std::string whole = tar_file({{"a", "1"}, {"b", std::string(600, 'b')}});  // headers at 0 and 1024
  EXPECT_THAT(walk_error(folder, whole.substr(0, 300)),
              HasSubstr("x.tar: offset 0: expected a tar header of 512 bytes, got 300"));
  EXPECT_THAT(walk_error(folder, whole.substr(0, 1024)), HasSubstr("offset 1024: expected two blocks of zeros"));
  EXPECT_THAT(walk_error(folder, whole.substr(0, 2000)),
              HasSubstr("offset 1024: expected a tar member of 600 bytes, got 464 before the end of the file"));
  EXPECT_THAT(walk_error(folder, whole.substr(0, 2560)), HasSubstr("offset 2560: expected two blocks of zeros"));
  std::string changed = whole;
  changed[1024] = 'B';
  EXPECT_THAT(walk_error(folder, changed),
              HasSubstr("offset 1024: expected a tar header, got one whose checksum is wrong"));
  EXPECT_THAT(walk_error(folder, gzip(whole) + std::string(512, 'x')),
              HasSubstr("offset 0: expected a tar that is not compressed, got gzip"));
  EXPECT_THAT(walk_error(folder, std::string(2000, 'x')),
              HasSubstr("offset 0: expected a tar archive, got something else"));
  EXPECT_THAT(walk_error(folder, ""), HasSubstr("offset 0: "));
}

// Old tars added up signed bytes: a name in Latin-1 makes the difference.
TEST(TarWalk, SignedChecksums) {
  TempFolder folder;
  std::string bytes = tar_file({{"\xE9t\xE9.png", "1"}});
  int sum = 8 * ' ';
  for (size_t i = 0; i < 512; ++i) sum += i < 148 || i >= 156 ? static_cast<signed char>(bytes[i]) : 0;
  std::snprintf(bytes.data() + 148, 8, "%06o", static_cast<unsigned>(sum));
  put(folder / "x.tar", bytes);
  EXPECT_THAT(listing(folder / "x.tar"), ElementsAre("\xE9t\xE9.png=1"));
}

// Headers whose numbers lie, checksums right.
TEST(TarWalk, SizesThatLie) {
  TempFolder folder;
  const auto with_size = [](std::string_view size) {
    std::string bytes = tar_file({{"a", "1"}});
    bytes.replace(124, size.size(), size);
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < 512; ++i) sum += i < 148 || i >= 156 ? static_cast<unsigned char>(bytes[i]) : 0;
    std::snprintf(bytes.data() + 148, 8, "%06o", sum);
    return bytes;
  };
  EXPECT_THAT(walk_error(folder, with_size("77777777777")),
              HasSubstr("expected a tar member of 8589934591 bytes, got 1536"));
  EXPECT_THAT(walk_error(folder, with_size("0000000z001")), HasSubstr("offset 0: expected the size of a tar member"));
  EXPECT_THAT(walk_error(folder, with_size(std::string_view("\x80\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12))),
              HasSubstr("offset 0: expected"));
  EXPECT_THAT(walk_error(folder, with_size(std::string_view("\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12))),
              HasSubstr("offset 0: expected"));
  put(folder / "x.tar", with_size(std::string_view("\x80\0\0\0\0\0\0\0\0\0\0\x01", 12)));
  EXPECT_THAT(listing(folder / "x.tar"), ElementsAre("a=1"));
}

// Every cut and many single-byte changes: an error or a listing, never a crash (run with ASan and UBSan).
TEST(TarWalk, CutAndChangedArchivesNeverCrash) {
  TempFolder folder;
  put(folder / "in" / std::string(150, 'n'), "long");
  const std::string command =
      "cd '" + (folder / "in").string() + "' && /bin/tar --format=pax -cf ../x.tar -b 1 " + std::string(150, 'n');
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string whole = slurp(folder / "x.tar");
  for (size_t cut = 0; cut + 1024 < whole.size(); cut += 64)
    EXPECT_NE(walk_error(folder, whole.substr(0, cut)), "no exception") << cut;
  for (size_t at = 0; at < whole.size(); at += 11) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
    put(folder / "y.tar", changed);
    try {
      listing(folder / "y.tar");
    } catch (const Corruption&) {
    }
  }
}

}  // namespace
}  // namespace kindred::test
