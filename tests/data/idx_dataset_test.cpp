// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/data/idx.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::Each;
using testing::HasSubstr;

std::vector<int64_t> class_counts(const Dataset& dataset, int64_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes));
  for (int64_t i = 0; i < dataset.size(); ++i) ++counts.at(static_cast<size_t>(dataset.label(i)));
  return counts;
}

TEST(IdxDataset, SamplesAreTheBytesInOrder) {
  TempFolder folder;
  put(folder / "t-images-idx3-ubyte", idx_file(kIdxUbyte, {2, 3, 4}, counting(24)));
  put(folder / "t-labels-idx1-ubyte", idx_file(kIdxUbyte, {2}, "\x05\x07"));
  const auto set = open_dataset("idx:" + (folder / "t-images-idx3-ubyte").string());
  EXPECT_EQ(set->size(), 2);
  EXPECT_EQ(set->info().height, 3);
  EXPECT_EQ(set->info().width, 4);
  EXPECT_EQ(set->info().channels, 1);
  EXPECT_TRUE(set->info().labelled);
  const Sample second = sample_at(*set, 1);
  EXPECT_EQ(second.id, 1u);
  EXPECT_EQ(second.label, 7);
  const std::string bytes = counting(24).substr(12);
  EXPECT_EQ(second.image.pixels, std::vector<uint8_t>(bytes.begin(), bytes.end()));
  EXPECT_EQ(set->source(1), "t-images-idx3-ubyte[1]");
}

TEST(IdxDataset, FourDimensionsAreChannelsLast) {
  TempFolder folder;
  put(folder / "colour", idx_file(kIdxUbyte, {2, 3, 4, 3}, counting(72)));
  EXPECT_EQ(open_dataset("idx:" + (folder / "colour").string())->info().channels, 3);
  put(folder / "planes", idx_file(kIdxUbyte, {2, 3, 4, 4}, counting(96)));
  EXPECT_THAT(message_of<Corruption>([&] { open_dataset("idx:" + (folder / "planes").string()); }),
              HasSubstr("offset 16: expected 1 or 3 channels, got 4"));
}

TEST(IdxDataset, LabelsByKeyOrNone) {
  TempFolder folder;
  const std::string images = (folder / "t-images-idx3-ubyte").string();
  put(images, idx_file(kIdxUbyte, {2, 1, 1}, "ab"));
  put(folder / "t-labels-idx1-ubyte", idx_file(kIdxUbyte, {2}, "\x05\x07"));
  put(folder / "mine", idx_file(kIdxInt, {2}, be32(1000) + be32(2)));
  EXPECT_EQ(open_dataset("idx:" + images + "?labels=" + (folder / "mine").string())->label(0), 1000);
  const auto bare = open_dataset("idx:" + images + "?labels=none");
  EXPECT_FALSE(bare->info().labelled);
  EXPECT_EQ(bare->label(0), kNoLabel);
}

TEST(IdxDataset, MisfitsAreCorruption) {
  TempFolder folder;
  const std::string images = (folder / "t-images-idx3-ubyte").string();
  const auto open = [&] { open_dataset("idx:" + images); };
  put(images, idx_file(kIdxUbyte, {2, 1, 1}, "ab"));
  put(folder / "t-labels-idx1-ubyte", idx_file(kIdxUbyte, {3}, "abc"));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("offset 4: expected 2 labels, as many as images, got 3"));
  put(images, idx_file(kIdxUbyte, {2, 0, 5}, ""));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("offset 8: expected sides of 1 to 65500"));
  put(images, idx_file(kIdxUbyte, {0, 100000, 100000}, ""));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("got 100000 x 100000"));
  put(images, idx_file(kIdxInt, {1, 1, 1}, be32(1)));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("offset 2: expected images of type 8"));
  put(images, idx_file(kIdxUbyte, {2}, "ab"));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("offset 3: expected 3 dimensions"));
}

TEST(IdxDataset, NoSamplesIsAnError) {
  TempFolder folder;
  put(folder / "none", idx_file(kIdxUbyte, {0, 2, 2}, ""));
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset("idx:" + (folder / "none").string()); }),
              HasSubstr("idx: expected at least one sample, got none"));
}

TEST(FashionMnist, AbsentNamesTheDebianPackage) {
  TempFolder folder;
  EXPECT_THAT(message_of<IoError>([&] { open_dataset("fashion-mnist?folder=" + folder.path().string()); }),
              HasSubstr("install the Debian package dataset-fashion-mnist"));
}

TEST(FashionMnist, AnotherFolderByKeyPlainFilesToo) {
  TempFolder folder;
  put(folder / "t10k-images-idx3-ubyte", idx_file(kIdxUbyte, {2, 1, 1}, "ab"));
  put(folder / "t10k-labels-idx1-ubyte.gz", gzip(idx_file(kIdxUbyte, {2}, std::string("\x09\x00", 2))));
  const std::string spec = "fashion-mnist/test?folder=" + folder.path().string();
  const auto set = open_dataset(spec);
  EXPECT_EQ(set->info().name, spec);
  EXPECT_EQ(set->label(0), 9);
  put(folder / "t10k-labels-idx1-ubyte.gz", gzip(idx_file(kIdxUbyte, {2}, "\x01\x0A")));
  EXPECT_THAT(message_of<Corruption>([&] { open_dataset(spec); }),
              HasSubstr("expected labels below 10, got 10 for sample 1"));
}

// Published: 60 000 + 10 000 pictures, ten classes of equal size in both splits; mean over the training pixels 0.2860.
TEST(FashionMnist, TheRealSet) {
  if (!fashion_mnist_folder()) GTEST_SKIP() << "the Debian package dataset-fashion-mnist is not installed";
  const auto train = open_dataset("fashion-mnist");
  const auto test = open_dataset("fashion-mnist/test");
  EXPECT_EQ(train->info().name, "fashion-mnist/train");
  ASSERT_EQ(train->size(), 60'000);
  ASSERT_EQ(test->size(), 10'000);
  EXPECT_EQ(train->info().class_names.at(9), "Ankle boot");
  EXPECT_THAT(class_counts(*train, 10), Each(6000));
  EXPECT_THAT(class_counts(*test, 10), Each(1000));
  EXPECT_EQ(train->label(0), 9);  // the first picture everybody shows is a boot
  double sum = 0;
  Sample sample;
  for (int64_t i = 0; i < train->size(); ++i) {
    train->get(i, sample);
    for (const uint8_t pixel : sample.image.pixels) sum += pixel;
  }
  constexpr double kRounding = 5e-5;  // of the published figure
  EXPECT_NEAR(sum / 255 / 60'000 / 784, 0.2860, kRounding);
}

TEST(IdxDataset, Digits8x8) {
  KINDRED_NEED_DATA(data);
  const auto set = open_dataset((data / "digits8x8_test-images-idx3-ubyte.gz").string());
  EXPECT_EQ(set->size(), 250);
  EXPECT_EQ(set->info().height, 8);
  int64_t total = 0;
  for (const int64_t count : class_counts(*set, 10)) total += count;
  EXPECT_EQ(total, 250);
}

TEST(IdxDataset, OmniglotHasInt32LabelsWithTwentyDrawingsEach) {
  KINDRED_NEED_DATA(data);
  const auto set = open_dataset((data / "omniglot28_test-images-idx3-ubyte.gz").string());
  EXPECT_EQ(set->size(), 6920);
  EXPECT_THAT(class_counts(*set, 346), Each(20));
}

}  // namespace
}  // namespace kindred::test
