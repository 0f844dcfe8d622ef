// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "kindred/data/png_encode.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Images, DecodesByContentWhateverTheName) {
  TempFolder folder;
  put(folder / "cat/a.jpg", encode_png(ramp(4, 5, 3)));  // a PNG in spite of its name
  put(folder / "dog/b.png", encode_png(ramp(4, 5, 1)));
  const auto set = open_dataset("images:" + folder.path().string());
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->info().modality, Modality::kImage);
  EXPECT_THAT(set->info().class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(set->info().height, 4);
  EXPECT_EQ(set->info().width, 5);
  EXPECT_EQ(set->info().channels, 0);  // they differ
  const Sample cat = sample_at(*set, 0), dog = sample_at(*set, 1);
  EXPECT_EQ(cat.image.pixels, ramp(4, 5, 3).pixels);
  EXPECT_EQ(dog.image.pixels, ramp(4, 5, 1).pixels);
  EXPECT_EQ(cat.label, 0);
  EXPECT_EQ(dog.label, 1);
  EXPECT_EQ(set->source(1), "dog/b.png");
}

TEST(Images, IdsStayWhenFilesAreAddedAndWhenTheFolderMoves) {
  TempFolder folder;
  put(folder / "one/cat/b.png", encode_png(ramp(2, 2, 1)));
  const uint64_t before = open_dataset("images:" + (folder / "one").string())->id(0);
  put(folder / "one/cat/a.png", encode_png(ramp(2, 2, 1)));
  std::filesystem::rename(folder / "one", folder / "two");
  const auto after = open_dataset("images:" + (folder / "two").string());
  EXPECT_EQ(after->id(1), before);
  EXPECT_NE(after->id(0), before);
  EXPECT_EQ(sample_at(*after, 1).id, before);
  // FNV-1a of "cat/b.png", then the splitmix64 finaliser; computed apart with Python's integers.
  EXPECT_EQ(before, 1051170995088278386u);
}

TEST(Images, FlatFoldersAndLabelsNone) {
  TempFolder folder;
  put(folder / "cat/a.png", encode_png(ramp(2, 2, 1)));
  const auto bare = open_dataset("images:" + folder.path().string() + "?labels=none");
  EXPECT_FALSE(bare->info().labelled);
  EXPECT_EQ(bare->label(0), kNoLabel);
  EXPECT_FALSE(open_dataset("images:" + (folder / "cat").string())->info().labelled);
}

TEST(Images, BadFilesFailOrAreSkippedAndCounted) {
  TempFolder folder;
  const std::string good = encode_png(ramp(3, 3, 3));
  put(folder / "a.png", good);
  put(folder / "b.png", "");
  put(folder / "c.jpg", slurp(golden_path("data/rgb420.jpg")).substr(0, 700));
  put(folder / "d.gif", "GIF89a");
  put(folder / "e.png", good);
  std::filesystem::create_symlink("gone.png", folder / "f.png");
  const std::string spec = "images:" + folder.path().string();
  EXPECT_THAT(message_of<Corruption>([&] { open_dataset(spec); }),
              HasSubstr("b.png: offset 0: expected a JPEG, PNG or WebP image, got an empty file"));
  const auto set = open_dataset(spec + "?on_error=skip");
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->skipped(), 4);
  EXPECT_EQ(set->source(1), "e.png");
  EXPECT_EQ(set->info().height, 3);
  EXPECT_EQ(set->info().channels, 3);
  EXPECT_EQ(open_dataset(spec + "?on_error=skip&range=1:")->skipped(), 4);
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(spec + "?on_error=ignore"); }), HasSubstr("on_error="));
}

TEST(Images, MinSideDecodesJpegsSmaller) {
  TempFolder folder;
  put(folder / "a.jpg", slurp(golden_path("data/reduced.jpg")));
  const std::string spec = "images:" + folder.path().string();
  EXPECT_EQ(open_dataset(spec)->info().height, 61);
  const auto set = open_dataset(spec + "?min_side=19");
  EXPECT_EQ(set->info().height, 31);
  EXPECT_EQ(sample_at(*set, 0).image.width, 19);
  EXPECT_EQ(open_dataset(spec + "?min_side=10&on_error=skip")->info().height, 16);
  for (const char* bad : {"0", "-1", "x", "1.5", ""})
    EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(spec + "?min_side=" + bad); }),
                HasSubstr("images: expected min_side=N"));
}

TEST(Images, OnlyBadFilesIsAnErrorEvenWhenSkipping) {
  TempFolder folder;
  put(folder / "a.png", "");
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset("images:" + folder.path().string() + "?on_error=skip"); }),
              HasSubstr("expected at least one readable picture"));
}

TEST(Images, AFileThatGoesAwayIsAnErrorThatNamesIt) {
  TempFolder folder;
  put(folder / "a.png", encode_png(ramp(3, 3, 3)));
  const auto set = open_dataset("images:" + folder.path().string());
  std::filesystem::remove(folder / "a.png");
  EXPECT_THAT(message_of<IoError>([&] { sample_at(*set, 0); }), HasSubstr("a.png: cannot open: No such file"));
}

TEST(Images, TinyImageFolderOfCifar10) {
  KINDRED_NEED_DATA(data);
  TempFolder folder;
  const std::string command =
      "/bin/tar -xf '" + (data / "cifar10_tiny_imagefolder.tar").string() + "' -C '" + folder.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::filesystem::path root = folder.path();  // the archive may have folders above the classes
  for (;;) {
    std::vector<std::filesystem::path> below;
    for (const auto& entry : std::filesystem::directory_iterator(root)) below.push_back(entry.path());
    if (below.size() != 1) break;
    root = below[0];
  }
  const auto set = open_dataset(root.string());
  ASSERT_EQ(set->size(), 200);
  EXPECT_THAT(set->info().class_names,
              ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"));
  EXPECT_EQ(set->info().height, 32);
  EXPECT_EQ(set->info().channels, 3);
  std::vector<int> counts(10);
  for (int64_t i = 0; i < set->size(); ++i) ++counts.at(static_cast<size_t>(sample_at(*set, i).label));
  EXPECT_THAT(counts, Each(20));
}

}  // namespace
}  // namespace kindred::test
