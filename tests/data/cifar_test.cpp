// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A record whose red plane is all r, green all g, blue all b, but for the first pixel of blue.
std::string record(const std::string& labels, char r, char g, char b) {
  std::string planes = std::string(1024, r) + std::string(1024, g) + std::string(1024, b);
  planes[2048] = 99;
  return labels + planes;
}

TEST(Cifar, PlanesBecomeChannelsLast) {
  TempFolder folder;
  put(folder / "one.bin", record("\x03", 1, 2, 3) + record("\x09", 4, 5, 6));
  const auto set = open_dataset("cifar:" + (folder / "one.bin").string());
  ASSERT_EQ(set->size(), 2);
  const Sample sample = sample_at(*set, 1);
  EXPECT_EQ(sample.label, 9);
  EXPECT_EQ(sample.id, 1u);
  ASSERT_EQ(sample.image.pixels.size(), 3072u);
  EXPECT_THAT(std::vector<int>(sample.image.pixels.begin(), sample.image.pixels.begin() + 6),
              ElementsAre(4, 5, 99, 4, 5, 6));
  EXPECT_EQ(set->info().channels, 3);
  EXPECT_EQ(set->info().height, 32);
}

TEST(Cifar, AFolderGivesItsSplitsInOrderWithNames) {
  TempFolder folder;
  for (const int n : {1, 2, 10})
    put(folder / ("data_batch_" + std::to_string(n) + ".bin"),
        record(std::string(1, static_cast<char>(n - 1)), 0, 0, 0));
  put(folder / "data_batch_10.bin", record("\x07", 0, 0, 0));
  put(folder / "test_batch.bin", record("\x05", 0, 0, 0));
  put(folder / "batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  const std::string path = folder.path().string();
  const auto train = open_dataset("cifar:" + path + "?split=train");
  EXPECT_THAT((std::vector{train->label(0), train->label(1), train->label(2)}), ElementsAre(0, 1, 7));  // 10 after 2
  EXPECT_EQ(train->source(2), "data_batch_10.bin[0]");
  EXPECT_THAT(ids_of(*train), ElementsAre(0, 1, 2));
  EXPECT_EQ(train->info().class_names.at(9), "truck");
  const auto test = open_dataset(path + "?split=test");  // the kind is recognised
  EXPECT_EQ(test->label(0), 5);
}

TEST(Cifar, HundredClassesFineAndCoarse) {
  TempFolder folder;
  put(folder / "train.bin", record("\x13\x63", 0, 0, 0));
  const std::string spec = "cifar:" + folder.path().string() + "?classes=100";
  EXPECT_EQ(open_dataset(spec)->label(0), 99);
  EXPECT_EQ(open_dataset(spec + "&labels=coarse")->label(0), 19);
}

TEST(Cifar, ErrorsNameFileAndOffset) {
  TempFolder folder;
  const std::string file = (folder / "one.bin").string();
  const auto open = [&] { open_dataset("cifar:" + file); };
  put(file, record("\x03", 1, 2, 3) + "rest");
  EXPECT_THAT(message_of<Corruption>(open),
              HasSubstr("one.bin: offset 3073: expected a CIFAR record of 3073 bytes, got 4"));
  put(file, record("\x03", 1, 2, 3) + record("\x0A", 1, 2, 3));
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("one.bin: offset 3073: expected a label below 10, got 10"));
  put(file, "");
  EXPECT_THAT(message_of<InvalidArgument>(open), HasSubstr("cifar: expected at least one sample"));
  EXPECT_THAT(message_of<IoError>([&] { open_dataset("cifar:" + folder.path().string()); }),
              HasSubstr("expected data_batch_*.bin or train.bin"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset("cifar:" + file + "?classes=20"); }),
              HasSubstr("cifar: expected classes= one of 10, 100"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset("cifar:" + file + "?split=test"); }),
              HasSubstr("only with a folder"));
  put(file, record("\x03", 1, 2, 3));
  put(folder / "batches.meta.txt", "airplane\n");
  EXPECT_THAT(message_of<Corruption>(open), HasSubstr("expected 10 class names, one a line, got 1"));
}

}  // namespace
}  // namespace kindred::test
