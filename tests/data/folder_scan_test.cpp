// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/folder_scan.h"

#include <gmock/gmock.h>

#include "kindred/data/png_encode.h"
#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> paths(const FolderScan& scan) {
  std::vector<std::string> out;
  for (const auto& file : scan.files) out.push_back(file.path);
  return out;
}
std::vector<int64_t> labels(const FolderScan& scan) {
  std::vector<int64_t> out;
  for (const auto& file : scan.files) out.push_back(file.label);
  return out;
}

TEST(FolderScan, SubFoldersAreClassesAtAnyDepthAndEmptyOnesCount) {
  TempFolder folder;
  for (const char* name : {"cat/7.jpg", "cat/10.JPG", "cat/deep/er/1.png", "ant-b/1.png", "ant/1.png"})
    put(folder / name, "x");
  std::filesystem::create_directories(folder / "bee");
  const FolderScan scan = scan_folder(folder.path(), true);
  EXPECT_THAT(scan.class_names, ElementsAre("ant", "ant-b", "bee", "cat"));
  // By bytes: '-' < '/' and '1' < '7' < 'd'.
  EXPECT_THAT(paths(scan), ElementsAre("ant-b/1.png", "ant/1.png", "cat/10.JPG", "cat/7.jpg", "cat/deep/er/1.png"));
  EXPECT_THAT(labels(scan), ElementsAre(1, 0, 3, 3, 3));
}

TEST(FolderScan, AFlatFolderHasNoLabels) {
  TempFolder folder;
  put(folder / "b.png", "x");
  put(folder / "a.jpeg", "x");
  std::filesystem::create_directories(folder / "empty");
  const FolderScan scan = scan_folder(folder.path(), true);
  EXPECT_THAT(scan.class_names, IsEmpty());
  EXPECT_THAT(paths(scan), ElementsAre("a.jpeg", "b.png"));
  EXPECT_THAT(labels(scan), ElementsAre(kNoLabel, kNoLabel));
}

TEST(FolderScan, BothAtOnceIsAnErrorUnlessLabelsAreOff) {
  TempFolder folder;
  put(folder / "a.png", "x");
  put(folder / "cat/b.png", "x");
  EXPECT_THAT(message_of<InvalidArgument>([&] { scan_folder(folder.path(), true); }),
              HasSubstr("got both (a.png and cat/b.png)"));
  EXPECT_THAT(paths(scan_folder(folder.path(), false)), ElementsAre("a.png", "cat/b.png"));
}

TEST(FolderScan, PassesOverHiddenFilesAndOtherKinds) {
  TempFolder folder;
  const std::string picture = encode_png(ramp(2, 2, 1));
  for (const char* name :
       {".thumb/a.png", ".hidden.png", "cat/.x.png", "cat/notes.txt", "cat/labels.csv", "cat/README"})
    put(folder / name, "words");
  put(folder / "cat/0a1b2c", picture);    // no ending, but a picture
  put(folder / "cat/old.gif", "GIF89a");  // a picture that cannot be read: listed, an error later
  EXPECT_THAT(paths(scan_folder(folder.path(), true)), ElementsAre("cat/0a1b2c", "cat/old.gif"));
}

TEST(FolderScan, ALinkToNowhereIsListed) {
  TempFolder folder;
  put(folder / "a.png", "x");
  std::filesystem::create_symlink("gone.png", folder / "b.png");
  EXPECT_THAT(paths(scan_folder(folder.path(), true)), ElementsAre("a.png", "b.png"));
}

TEST(FolderScan, PathsDoNotDependOnHowTheFolderIsWritten) {
  TempFolder folder;
  put(folder / "cat/a.png", "x");
  for (const std::string& way : {folder.path().string(), folder.path().string() + "/", folder.path().string() + "/.",
                                 folder.path().string() + "/cat/.."})
    EXPECT_THAT(paths(scan_folder(way, true)), ElementsAre("cat/a.png")) << way;
}

TEST(FolderScan, MissingFileAndEmptyAreErrors) {
  TempFolder folder;
  put(folder / "file", "x");
  std::filesystem::create_directories(folder / "empty");
  EXPECT_THAT(message_of<IoError>([&] { scan_folder(folder / "none", true); }), HasSubstr("no such folder"));
  EXPECT_THAT(message_of<IoError>([&] { scan_folder(folder / "file", true); }),
              HasSubstr("expected a folder of pictures, got a file"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { scan_folder(folder / "empty", true); }), HasSubstr("found none"));
}

}  // namespace
}  // namespace kindred::test
