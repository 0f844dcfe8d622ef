// SPDX-License-Identifier: Apache-2.0
// The kinds csv, tsv and jsonl.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "kindred/data/png_encode.h"
#include "kindred/data/sample_id.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Manifest : public testing::Test {
 protected:
  Manifest() {
    for (int i = 0; i < 4; ++i) put(folder / ("pics/" + std::to_string(i) + ".png"), encode_png(ramp(4, 5, 3, i)));
  }
  std::string csv(std::string_view text, const std::string& keys = "") {
    put(folder / "t.csv", text);
    return "csv:" + (folder / "t.csv").string() + keys;
  }
  template <class Expected>
  std::string error(std::string_view text, const std::string& keys = "") {
    return message_of<Expected>([&] { open_dataset(csv(text, keys)); });
  }
  TempFolder folder;
};

TEST_F(Manifest, TypedColumns) {
  const auto set =
      open_dataset(csv("path,class,clip,second,stars\n"
                       "pics/0.png,dog,a,0.5,4\n"
                       "pics/1.png,cat,a,1e1,\n"
                       "pics/2.png,,,,-2.5\n",
                       "?image=path&label=class&group=clip&time=second&score=stars"));
  ASSERT_EQ(set->size(), 3);
  EXPECT_THAT(set->info().class_names, ElementsAre("cat", "dog"));
  EXPECT_TRUE(set->info().grouped);
  EXPECT_TRUE(set->info().timed);
  EXPECT_EQ(set->info().pictures, 1);
  EXPECT_EQ(set->info().width, 5);
  const Sample first = sample_at(*set, 0), second = sample_at(*set, 1), third = sample_at(*set, 2);
  EXPECT_EQ(first.image.pixels, ramp(4, 5, 3, 0).pixels);
  EXPECT_EQ(first.label, 1);
  EXPECT_EQ(first.group, text_group("a"));
  EXPECT_EQ(first.time, 0.5);
  EXPECT_EQ(first.score, 4);
  EXPECT_EQ(first.id, text_id("pics/0.png"));
  EXPECT_EQ(second.label, 0);
  EXPECT_EQ(second.time, 10);
  EXPECT_TRUE(std::isnan(second.score));
  EXPECT_EQ(third.label, kNoLabel);
  EXPECT_EQ(third.group, kNoGroup);
  EXPECT_TRUE(std::isnan(third.time));
  EXPECT_EQ(third.score, -2.5);
  EXPECT_EQ(set->score(2), -2.5);
  EXPECT_TRUE(set->info().scored);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(set->id(i), sample_at(*set, i).id);
    EXPECT_EQ(set->label(i), sample_at(*set, i).label);
    EXPECT_EQ(set->group(i), sample_at(*set, i).group);
  }
  EXPECT_THAT(set->source(1), HasSubstr("t.csv:3: pics/1.png"));
}

TEST_F(Manifest, ColumnsCalledAsTheKeysNeedNoKeys) {
  const auto set = open_dataset(csv("image,label,group\npics/0.png,3,x\npics/1.png,1,x\n"));
  EXPECT_EQ(set->label(0), 3);
  EXPECT_EQ(set->group(1), text_group("x"));
  EXPECT_FALSE(set->info().timed);
  const auto off = open_dataset(csv("image,label\npics/0.png,3\n", "?label="));
  EXPECT_FALSE(off->info().labelled);
  EXPECT_THAT(open_dataset(csv("image,label\npics/0.png,3\n", "?labels=names"))->info().class_names, ElementsAre("3"));
}

TEST_F(Manifest, SeveralColumnsOfPicturesAreGivenPairs) {
  const auto set = open_dataset(csv("left,right\npics/0.png,pics/1.png\npics/2.png,pics/3.png\n", "?image=left,right"));
  EXPECT_EQ(set->info().pictures, 2);
  const Sample pair = sample_at(*set, 1);
  EXPECT_EQ(pair.image.pixels, ramp(4, 5, 3, 2).pixels);
  ASSERT_EQ(pair.others.size(), 1u);
  EXPECT_EQ(pair.others[0].pixels, ramp(4, 5, 3, 3).pixels);
  EXPECT_EQ(pair.id, text_id("pics/2.png\tpics/3.png"));
  const auto twice = open_dataset(csv("left\npics/1.png\n", "?image=left,left"));
  EXPECT_EQ(sample_at(*twice, 0).others.at(0).pixels, ramp(4, 5, 3, 1).pixels);
}

TEST_F(Manifest, TsvAndJsonLinesAreTheSameRows) {
  put(folder / "t.tsv", "image\tlabel\npics/0.png\tb\npics/3.png\ta\n");
  put(folder / "t.jsonl",
      "{\"image\": \"pics/0.png\", \"label\": \"b\"}\n{\"label\": \"a\", \"image\": \"pics/3.png\"}\n");
  for (const char* name : {"t.tsv", "t.jsonl"}) {
    const auto set = open_dataset((folder / name).string());
    ASSERT_EQ(set->size(), 2) << name;
    EXPECT_EQ(set->label(0), 1);
    EXPECT_EQ(sample_at(*set, 1).image.pixels, ramp(4, 5, 3, 3).pixels);
    EXPECT_EQ(set->id(1), text_id("pics/3.png"));
  }
}

TEST_F(Manifest, PathsAreRelativeToTheManifestOrToTheRoot) {
  put(folder / "deep/t.csv", "image\n0.png\n" + (folder / "pics/1.png").string() + "\n");
  const std::string spec = "csv:" + (folder / "deep/t.csv").string();
  EXPECT_THAT(message_of<IoError>([&] { open_dataset(spec); }), HasSubstr("deep/t.csv:2: "));
  const auto set = open_dataset(spec + "?root=" + (folder / "pics").string());
  EXPECT_EQ(sample_at(*set, 0).image.pixels, ramp(4, 5, 3, 0).pixels);
  EXPECT_EQ(sample_at(*set, 1).image.pixels, ramp(4, 5, 3, 1).pixels);  // absolute
}

TEST_F(Manifest, ErrorsNameFileAndLine) {
  EXPECT_THAT(
      error<InvalidArgument>("path,class\npics/0.png,1\n"),
      HasSubstr("t.csv:1: expected a column called image, or image=COLUMN for the paths of the pictures, got the "
                "columns path, class"));
  EXPECT_THAT(error<InvalidArgument>("path,class\npics/0.png,1\n", "?image=pth"),
              HasSubstr("t.csv:1: expected a column one of path, class (did you mean path?), got \"pth\""));
  EXPECT_THAT(error<InvalidArgument>("image,class\npics/0.png,1\n", "?label=clas"), HasSubstr("(did you mean class?)"));
  EXPECT_THAT(error<Corruption>("image,label\npics/0.png,1\npics/1.png,cat\n"),
              HasSubstr("t.csv:3: expected a label that is a whole number from -1 to 2147483647, got \"cat\""));
  EXPECT_THAT(error<Corruption>("image,time\npics/0.png,noon\n"),
              HasSubstr("t.csv:2: expected a number as time, got \"noon\""));
  EXPECT_THAT(error<Corruption>("image,score\npics/0.png,inf\n"),
              HasSubstr("t.csv:2: expected a number as score, got \"inf\""));
  EXPECT_THAT(error<Corruption>("image,label\n,1\n"),
              HasSubstr("t.csv:2: expected the path of a picture as image, got nothing"));
  EXPECT_THAT(error<IoError>("image\npics/0.png\npics/9.png\n"), HasSubstr("t.csv:3: "));
  EXPECT_THAT(error<IoError>("image\npics/9.png\n"), HasSubstr("pics/9.png: cannot open: No such file"));
  put(folder / "pics/bad.png", "GIF89a");
  EXPECT_THAT(error<Corruption>("image\npics/bad.png\n"), HasSubstr("t.csv:2: "));
  EXPECT_THAT(error<InvalidArgument>("image\n"), HasSubstr("csv: expected at least one row"));
}

TEST_F(Manifest, SkippedRowsAreCountedAndTheOrderStays) {
  put(folder / "pics/bad.png", encode_png(ramp(4, 5, 3)).substr(0, 60));
  const std::string text =
      "image,label\npics/3.png,1\npics/0.png,x\npics/bad.png,1\npics/1.png\npics/9.png,2\npics/2.png,0\n,1\npics/"
      "0.png,2\n";
  for (int i = 0; i < 3; ++i) {
    const auto set = open_dataset(csv(text, "?on_error=skip"));
    EXPECT_EQ(set->skipped(), 5);
    EXPECT_THAT(ids_of(*set), ElementsAre(text_id("pics/3.png"), text_id("pics/2.png"), text_id("pics/0.png")));
    EXPECT_EQ(sample_at(*set, 2).label, 2);
  }
}

TEST_F(Manifest, VideoFramesListedWithClipAndTime) {
  KINDRED_NEED_DATA(data);
  const std::string command =
      "/bin/tar -xf '" + (data / "video_test.tar").string() + "' -C '" + folder.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::string text = "image\tgroup\ttime\n";
  int64_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".jpg")) continue;
    ++files;
    const size_t end = name.rfind('_');
    text += name + "\t" + name.substr(0, end) + "\t" + name.substr(end + 1, name.size() - end - 5) + "\n";
  }
  put(folder / "frames.tsv", text);
  const auto set = open_dataset((folder / "frames.tsv").string());
  EXPECT_EQ(set->size(), files);
  EXPECT_EQ(set->size(), 293);
  EXPECT_EQ(set->info().width, 128);
  EXPECT_EQ(sample_at(*set, 100).image.height, 72);
}

}  // namespace
}  // namespace kindred::test
