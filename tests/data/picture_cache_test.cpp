// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/picture_cache.h"

#include <gmock/gmock.h>

#include "kindred/data/png_encode.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::HasSubstr;

class PictureCacheFile : public testing::Test {
 protected:
  PictureCacheFile() {
    for (int i = 0; i < 3; ++i) put(pics(i), encode_png(ramp(2 + i, 3, i == 1 ? 1 : 3, i)));
    put(folder / "t.csv", "image,right,label,score\n0.png,1.png,5,0.5\n1.png,2.png,6,1.5\n");
  }
  std::filesystem::path pics(int i) { return folder / (std::to_string(i) + ".png"); }
  std::string pairs() { return "csv:" + (folder / "t.csv").string() + "?image=image,right"; }
  std::string cache() { return (folder / "x.cache").string(); }
  std::string open_error(std::string_view bytes) {
    put(cache(), bytes);
    return message_of<Corruption>([&] { sample_at(*open_dataset(pairs() + "&cache=" + cache()), 1); });
  }
  TempFolder folder;
};

TEST_F(PictureCacheFile, GivesWhatTheBaseGaveAndDecodesNoMore) {
  const auto base = open_dataset(pairs());
  const auto made = open_dataset(pairs() + "&cache=" + cache());
  for (int i = 0; i < 3; ++i) put(pics(i), encode_png(ramp(2 + i, 3, 1, 99)));  // not seen: the cache is there
  const auto again = open_dataset(pairs() + "&cache=" + cache());
  for (const auto& set : {made, again}) {
    ASSERT_EQ(set->size(), 2);
    for (int64_t i = 0; i < 2; ++i) {
      const Sample sample = sample_at(*set, i);
      const auto a = static_cast<int>(i), b = a + 1;
      EXPECT_EQ(sample.image.pixels, ramp(2 + a, 3, a == 1 ? 1 : 3, a).pixels);
      EXPECT_EQ(sample.image.height, 2 + a);
      ASSERT_EQ(sample.others.size(), 1u);
      EXPECT_EQ(sample.others[0].pixels, ramp(2 + b, 3, b == 1 ? 1 : 3, b).pixels);
      EXPECT_EQ(sample.others[0].channels, b == 1 ? 1 : 3);
      EXPECT_EQ(sample.id, base->id(i));
      EXPECT_EQ(sample.label, 5 + i);
      EXPECT_EQ(sample.score, 0.5 + static_cast<double>(i));
      EXPECT_EQ(set->source(i), base->source(i));
    }
  }
}

TEST_F(PictureCacheFile, OfOtherSamplesItIsRefused) {
  open_dataset(pairs() + "&cache=" + cache());
  for (const std::string& other : {pairs() + "&range=0:1", "csv:" + (folder / "t.csv").string() + "?image=image",
                                   "csv:" + (folder / "t.csv").string() + "?image=right,image"})
    EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(other + "&cache=" + cache()); }),
                HasSubstr("x.cache: expected the pictures of "))
        << other;
  EXPECT_THAT(
      message_of<InvalidArgument>([&] { open_dataset(golden_path("data/f4.npy").string() + "?cache=" + cache()); }),
      HasSubstr("cache: expected pictures, got vectors"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(pairs() + "&cache="); }),
              HasSubstr("expected cache=memory or cache=FILE"));
}

TEST_F(PictureCacheFile, NothingIsLeftWhereAPictureFails) {
  put(pics(2), "GIF");
  EXPECT_THROW(open_dataset("csv:" + (folder / "t.csv").string() + "?image=right&cache=" + cache()), Corruption);
  EXPECT_FALSE(std::filesystem::exists(cache()));
}

TEST_F(PictureCacheFile, DamageIsAnError) {
  open_dataset(pairs() + "&cache=" + cache());
  const std::string whole = slurp(cache());
  EXPECT_THAT(open_error(""), HasSubstr("expected a picture cache, got something else"));
  EXPECT_THAT(open_error(whole.substr(0, whole.size() - 1)), HasSubstr("expected a picture cache"));
  std::string changed = whole;
  changed[8 + 18 + 9 + 4] ^= 1;  // a pixel of the second sample
  EXPECT_THAT(open_error(changed), HasSubstr("offset 35: expected pixels with the checksum of the table"));
  // Every byte of table and footer.
  for (size_t at = 8 + 18 + 9 + 9 + 36; at < whole.size(); ++at) {
    changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    put(cache(), changed);
    EXPECT_THROW(
        {
          const auto set = open_dataset(pairs() + "&cache=" + cache());
          for (int64_t i = 0; i < 2; ++i) sample_at(*set, i);
        },
        Error)
        << at;
  }
}

// A file that version 1 wrote: it must stay readable.
TEST_F(PictureCacheFile, OldFilesStayReadable) {
  std::filesystem::copy_file(golden_path("data/pictures_v1.cache"), cache());
  for (int i = 0; i < 3; ++i) put(pics(i), encode_png(ramp(1, 1, 1)));
  const auto set = open_dataset(pairs() + "&cache=" + cache());
  EXPECT_EQ(sample_at(*set, 0).image.pixels, ramp(2, 3, 3, 0).pixels);
  EXPECT_EQ(sample_at(*set, 1).others.at(0).pixels, ramp(4, 3, 3, 2).pixels);
}

}  // namespace
}  // namespace kindred::test
