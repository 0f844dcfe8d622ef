// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/picture_dataset.h"

#include <gmock/gmock.h>

#include "kindred/data/png_encode.h"
#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Pictures given as bytes, `per` to a sample.
class Given final : public PictureSource {
 public:
  Given(std::vector<std::string> files, int64_t per = 1) : files_(std::move(files)), per_(per) {}
  int64_t size() const override { return static_cast<int64_t>(files_.size()) / per_; }
  std::string_view bytes(int64_t item, int64_t which, std::string&) const override {
    return files_[static_cast<size_t>(item * per_ + which)];
  }
  std::string name(int64_t item, int64_t which) const override { return concat("item ", item, ".", which); }
  uint64_t id(int64_t item) const override { return static_cast<uint64_t>(item); }
  int64_t label(int64_t item) const override { return 10 * item; }
  std::string source(int64_t item) const override { return concat("item ", item); }
  int64_t group(int64_t item) const override { return 5 * item; }
  double time(int64_t item) const override { return 0.5 * static_cast<double>(item); }
  double score(int64_t item) const override { return 2.0 * static_cast<double>(item); }

 private:
  std::vector<std::string> files_;
  int64_t per_;
};

DatasetPtr open(std::vector<std::string> files, PictureOptions options) {
  const int64_t per = options.info.pictures;
  return picture_dataset(std::make_unique<Given>(std::move(files), per), std::move(options));
}

TEST(PictureDataset, SizesAreTheOnesThatAllShare) {
  const std::string a = encode_png(ramp(2, 3, 1)), b = encode_png(ramp(2, 4, 3));
  const auto same = open({a, a}, {}), mixed = open({a, b}, {});
  EXPECT_EQ(same->info().height, 2);
  EXPECT_EQ(same->info().width, 3);
  EXPECT_EQ(same->info().channels, 1);
  EXPECT_EQ(mixed->info().height, 2);
  EXPECT_EQ(mixed->info().width, 0);
  EXPECT_EQ(mixed->info().channels, 0);
  PictureOptions pair;
  pair.info.pictures = 2;
  EXPECT_EQ(open({a, b}, pair)->info().width, 0);
  pair.skip = true;
  EXPECT_EQ(open({a, b}, pair)->info().width, 0);
  EXPECT_EQ(open({a, a}, pair)->info().width, 3);
  EXPECT_EQ(open(std::vector<std::string>(600, a), {})->info().width, 0);  // too many to look at
}

TEST(PictureDataset, SkippingKeepsTheRestInOrderWithAllItsFields) {
  const std::string good = encode_png(ramp(2, 3, 1));
  PictureOptions options{.info = {}, .place = "here", .skip = true, .skipped = 2};
  const auto set = open({good, "", good, good.substr(0, 30), good}, options);
  EXPECT_EQ(set->skipped(), 4);
  EXPECT_THAT(ids_of(*set), ElementsAre(0, 2, 4));
  const Sample last = sample_at(*set, 2);
  EXPECT_EQ(last.label, 40);
  EXPECT_EQ(last.group, 20);
  EXPECT_EQ(last.time, 2);
  EXPECT_EQ(last.score, 8);
  EXPECT_EQ(set->group(1), 10);
  EXPECT_EQ(set->time(1), 1);
  EXPECT_EQ(set->score(1), 4);
  EXPECT_EQ(set->source(1), "item 2");
  EXPECT_EQ(set->info().width, 3);
  EXPECT_THAT(message_of<InvalidArgument>([&] {
                open({"", ""}, options);
              }),
              HasSubstr("expected at least one readable picture in here, got 4 bad ones"));
}

TEST(PictureDataset, ErrorsHaveTheNameOfThePicture) {
  const std::string good = encode_png(ramp(2, 3, 1));
  PictureOptions pair;
  pair.info.pictures = 2;
  EXPECT_THAT(message_of<Corruption>([&] {
                open({good, good, good, "GIF"}, pair);
              }),
              HasSubstr("item 1.1: offset 0: "));
  std::vector<std::string> many(1200, good);
  many[701] = good.substr(0, 40);
  const auto set = open(many, pair);
  EXPECT_THAT(message_of<Corruption>([&] { sample_at(*set, 350); }), HasSubstr("item 350.1: offset 40: "));
}

}  // namespace
}  // namespace kindred::test
