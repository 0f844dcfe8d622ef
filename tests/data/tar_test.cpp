// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "kindred/data/png_encode.h"
#include "kindred/data/sample_id.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::string picture(int seed) { return encode_png(ramp(3, 4, 3, seed)); }

class Tar : public testing::Test {
 protected:
  std::string tar(const TarFiles& files, const std::string& keys = "", const std::string& name = "s.tar") {
    put(folder / name, tar_file(files));
    return "tar:" + (folder / name).string() + keys;
  }
  template <class Expected>
  std::string error(const TarFiles& files, const std::string& keys = "") {
    return message_of<Expected>([&] { open_dataset(tar(files, keys)); });
  }
  TempFolder folder;
};

std::vector<int64_t> labels_of(const Dataset& set) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < set.size(); ++i) {
    labels.push_back(set.label(i));
    EXPECT_EQ(sample_at(set, i).label, labels.back());
  }
  return labels;
}

TEST_F(Tar, ShardsByBracesWithClassesAndOtherFilesBesideThem) {
  tar({{"a.png", picture(0)}, {"a.cls", "2\n"}, {"b.cls", "0"}, {"b.png", picture(1)}, {"README", "words"}}, "",
      "s-00.tar");
  tar({}, "", "s-01.tar");
  tar({{"__index__.png", "x"}, {".hidden.png", "x"}, {"a.png", picture(2)}, {"a.cls", "1"}}, "", "s-02.tar");
  const auto set = open_dataset("tar:" + (folder / "s-{00..02}.tar").string());
  ASSERT_EQ(set->size(), 3);
  EXPECT_THAT(labels_of(*set), ElementsAre(2, 0, 1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sample_at(*set, i).image.pixels, ramp(3, 4, 3, i).pixels);
  EXPECT_THAT(ids_of(*set), ElementsAre(text_id("s-00.tar/a"), text_id("s-00.tar/b"), text_id("s-02.tar/a")));
  EXPECT_EQ(set->source(2), "s-02.tar/a.png");
  EXPECT_FALSE(set->info().grouped);
  EXPECT_EQ(set->group(0), kNoGroup);
  EXPECT_EQ(set->info().width, 4);
}

TEST_F(Tar, LabelsFromTextJsonAndFolders) {
  const TarFiles files = {{"x/dog/1.png", picture(0)},
                          {"x/dog/1.txt", "a dog\n"},
                          {"x/dog/1.json", R"({"class": "d", "n": 4})"},
                          {"x/cat/1.json", R"({"class": "c", "n": 7})"},
                          {"x/cat/1.png", picture(1)},
                          {"x/cat/1.txt", "a cat"}};
  auto set = open_dataset(tar(files, "?label=txt"));
  EXPECT_THAT(set->info().class_names, ElementsAre("a cat", "a dog"));
  EXPECT_THAT(labels_of(*set), ElementsAre(1, 0));
  EXPECT_THAT(labels_of(*open_dataset(tar(files, "?label=json.class"))), ElementsAre(1, 0));
  EXPECT_THAT(labels_of(*open_dataset(tar(files, "?label=json.n"))), ElementsAre(4, 7));
  set = open_dataset(tar(files, "?label=folder"));
  EXPECT_THAT(set->info().class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(labels_of(*set), ElementsAre(1, 0));
  EXPECT_FALSE(open_dataset(tar(files))->info().labelled);
}

TEST_F(Tar, SeveralPicturesOfAKeyAreAGroupOrAGivenPair) {
  const TarFiles files = {{"k1.left.png", picture(0)}, {"k1.right.png", picture(1)}, {"k1.cls", "5"},
                          {"k2.left.png", picture(2)}, {"k2.right.png", picture(3)}, {"k3.png", picture(4)}};
  const auto each = open_dataset(tar(files));
  ASSERT_EQ(each->size(), 5);
  EXPECT_TRUE(each->info().grouped);
  EXPECT_THAT(labels_of(*each), ElementsAre(5, 5, kNoLabel, kNoLabel, kNoLabel));
  EXPECT_EQ(each->group(0), each->group(1));
  EXPECT_NE(each->group(1), each->group(2));
  EXPECT_EQ(each->group(4), kNoGroup);
  EXPECT_EQ(each->id(1), text_id("s.tar/k1.right.png"));
  EXPECT_EQ(each->id(4), text_id("s.tar/k3"));
  const auto pairs = open_dataset(tar(files, "?image=right.png,left.png"));
  ASSERT_EQ(pairs->size(), 2);
  EXPECT_EQ(pairs->info().pictures, 2);
  EXPECT_EQ(sample_at(*pairs, 1).image.pixels, ramp(3, 4, 3, 3).pixels);
  EXPECT_EQ(sample_at(*pairs, 1).others.at(0).pixels, ramp(3, 4, 3, 2).pixels);
  EXPECT_EQ(pairs->id(0), text_id("s.tar/k1"));
  EXPECT_THAT(labels_of(*pairs), ElementsAre(5, kNoLabel));
  EXPECT_EQ(open_dataset(tar(files, "?image=png"))->size(), 1);
}

TEST_F(Tar, ClipsInTheKey) {
  const TarFiles files = {{"a_09.png", picture(0)}, {"a_10.png", picture(1)}, {"b_10.png", picture(2)}};
  const auto set = open_dataset(tar(files, "?clips=key"));
  EXPECT_TRUE(set->info().timed);
  EXPECT_EQ(set->group(0), set->group(1));
  EXPECT_NE(set->group(0), set->group(2));
  EXPECT_EQ(set->time(0), 9);
  EXPECT_EQ(sample_at(*set, 2).time, 10);
  EXPECT_THAT(error<Corruption>({{"a_1.png", picture(0)}, {"b.png", picture(1)}}, "?clips=key"),
              HasSubstr("offset 1024: b: expected a key that ends in digits"));
}

TEST_F(Tar, ErrorsNameShardAndOffset) {
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}, {"a.cls", "1"}, {"b.png", picture(0)}, {"b.cls", "cat"}}),
              HasSubstr("s.tar: offset 2048: b: expected a label that is a whole number"));
  EXPECT_THAT(error<Corruption>({{"a.cls", "1"}}),
              HasSubstr("offset 0: a: expected a picture (.jpg, .png, .webp), got only .cls"));
  EXPECT_THAT(error<Corruption>({{"a.gif", "GIF89a"}}), HasSubstr("got only .gif"));
  EXPECT_THAT(error<Corruption>({{"a.l.png", picture(0)}, {"a.r.png", picture(0)}, {"b.l.png", picture(0)}},
                                "?image=l.png,r.png"),
              HasSubstr("offset 2048: b: expected .r.png beside the other pictures, got none"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}}, "?label=txt"),
              HasSubstr("a: expected .txt beside the picture, got none"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}, {"a.json", "{"}}, "?label=json.x"),
              HasSubstr("expected JSON as label"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}, {"a.json", "{}"}}, "?label=json.x"),
              HasSubstr("expected a field \"x\" in the JSON"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}, {"a.json", "{}"}}, "?label=json"),
              HasSubstr("label=json.FIELD"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0)}}, "?label=folder"), HasSubstr("expected a member in a folder"));
  EXPECT_THAT(error<Corruption>({{"a.png", picture(0).substr(0, 50)}}),
              HasSubstr("s.tar: offset 512: a.png: offset 50: "));
  EXPECT_THAT(error<InvalidArgument>({{"a.txt", "x"}}), HasSubstr("tar: expected at least one picture"));
  EXPECT_THAT(message_of<IoError>([&] { open_dataset("tar:" + (folder / "none-{0..3}.tar").string()); }),
              HasSubstr("none-0.tar: cannot open"));
}

TEST_F(Tar, SkippedThingsAreCounted) {
  tar({{"a.png", picture(0)},
       {"a.cls", "1"},
       {"b.png", picture(0)},
       {"b.cls", "cat"},
       {"c.png", "no picture"},
       {"d.cls", "1"},
       {"e.png", picture(2)}},
      "", "s-0.tar");
  const std::string second = tar_file({{"f.png", picture(3)}, {"g.png", picture(4)}});
  put(folder / "s-1.tar", second.substr(0, 1200));  // cut in the header of g
  const std::string spec = "tar:" + (folder / "s-{0..1}.tar").string();
  EXPECT_THROW(open_dataset(spec), Corruption);
  const auto set = open_dataset(spec + "?on_error=skip");
  EXPECT_EQ(set->skipped(), 4);  // b, c, d, and what followed f
  EXPECT_THAT(ids_of(*set), ElementsAre(text_id("s-0.tar/a"), text_id("s-0.tar/e"), text_id("s-1.tar/f")));
  EXPECT_EQ(sample_at(*set, 2).image.pixels, ramp(3, 4, 3, 3).pixels);
}

TEST_F(Tar, RealShards) {
  KINDRED_NEED_DATA(data);
  const auto cifar = open_dataset("tar:" + (data / "cifar10_jpeg_test1k.tar").string());
  EXPECT_EQ(cifar->size(), 1000);
  EXPECT_TRUE(cifar->info().labelled);
  EXPECT_EQ(sample_at(*cifar, 999).image.height, 32);

  const auto coil = open_dataset("tar:" + (data / "coil20_64_{train,test}.tar").string() + "?clips=key");
  EXPECT_EQ(coil->size(), 720 + 360);
  std::map<int64_t, std::set<int64_t>> objects;
  for (int64_t i = 0; i < coil->size(); ++i) objects[coil->group(i)].insert(coil->label(i));
  EXPECT_EQ(objects.size(), 20u);
  for (const auto& [group, labels] : objects) EXPECT_EQ(labels.size(), 1u);

  const std::string emoji = "tar:" + (data / "emoji_multiview_test.tar").string();
  EXPECT_EQ(open_dataset(emoji)->size(), 958);
  EXPECT_EQ(open_dataset(emoji + "?image=noto.png,twemoji.png")->size(), 189);
  EXPECT_EQ(open_dataset(emoji + "?image=twemoji.png,fluent.png&on_error=skip")->size(), 157);
  EXPECT_EQ(open_dataset(emoji + "?image=noto.png")->size(), 189);

  const auto stamps = open_dataset("tar:" + (data / "tuxstamps_test.tar").string() + "?label=txt");
  EXPECT_EQ(stamps->size(), 94);
  EXPECT_TRUE(stamps->info().labelled);

  const auto folders = open_dataset("tar:" + (data / "cifar10_tiny_imagefolder.tar").string() + "?label=folder");
  std::vector<int> counts(10);
  for (const int64_t label : labels_of(*folders)) ++counts.at(static_cast<size_t>(label));
  EXPECT_THAT(counts, Each(20));
}

}  // namespace
}  // namespace kindred::test
