// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/data/png_encode.h"
#include "kindred/data/sample_id.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Frames, ClipsInNaturalOrder) {
  TempFolder folder;
  for (const char* name : {"b/10.png", "b/9.png", "clip10/f1.png", "clip2/x/2.png", "clip2/x/01.png", "clip2/7.png"})
    put(folder / name, encode_png(ramp(2, 2, 1, name[2])));
  const auto set = open_dataset("frames:" + folder.path().string());
  std::vector<std::string> sources;
  std::vector<double> times;
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < set->size(); ++i) {
    sources.push_back(set->source(i));
    times.push_back(set->time(i));
    labels.push_back(set->label(i));
  }
  EXPECT_THAT(sources,
              ElementsAre("b/9.png", "b/10.png", "clip2/7.png", "clip2/x/01.png", "clip2/x/2.png", "clip10/f1.png"));
  EXPECT_THAT(times, ElementsAre(0, 1, 0, 0, 1, 0));
  EXPECT_THAT(labels, ElementsAre(0, 0, 1, 2, 2, 3));
  EXPECT_THAT(set->info().class_names, ElementsAre("b", "clip2", "clip2/x", "clip10"));
  EXPECT_EQ(set->group(3), text_group("clip2/x"));
  EXPECT_EQ(set->id(0), text_id("b/9.png"));
  EXPECT_TRUE(set->info().timed);
  const Sample frame = sample_at(*set, 1);
  EXPECT_EQ(frame.time, 1);
  EXPECT_EQ(frame.group, text_group("b"));
  EXPECT_EQ(frame.image.pixels, ramp(2, 2, 1, '1').pixels);
}

TEST(Frames, AFlatFolderIsOneClipAndLabelsMayBeOff) {
  TempFolder folder;
  for (const char* name : {"2.png", "10.png"}) put(folder / name, encode_png(ramp(2, 2, 1)));
  const auto set = open_dataset("frames:" + folder.path().string() + "?labels=none");
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->source(0), "2.png");
  EXPECT_EQ(set->group(0), set->group(1));
  EXPECT_FALSE(set->info().labelled);
  EXPECT_EQ(set->label(0), kNoLabel);
}

TEST(Frames, BadFramesFailOrAreSkippedWithTheTimesOfTheOthersAsTheyWere) {
  TempFolder folder;
  for (const char* name : {"a/1.png", "a/3.png"}) put(folder / name, encode_png(ramp(2, 2, 1)));
  put(folder / "a/2.png", "");
  const std::string spec = "frames:" + folder.path().string();
  EXPECT_THAT(message_of<Corruption>([&] { open_dataset(spec); }), HasSubstr("a/2.png: offset 0: "));
  const auto set = open_dataset(spec + "?on_error=skip");
  EXPECT_EQ(set->skipped(), 1);
  EXPECT_EQ(set->time(1), 2);
}

}  // namespace
}  // namespace kindred::test
