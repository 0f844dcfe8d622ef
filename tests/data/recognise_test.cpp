// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/recognise.h"

#include <gtest/gtest.h>

#include "kindred/data/idx.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

TEST(Recognise, FilesByContent) {
  TempFolder folder;
  const std::string idx = idx_file(kIdxUbyte, {2, 3, 4}, counting(24));
  put(folder / "a", idx);
  put(folder / "b", gzip(idx));
  put(folder / "c.bin", counting(3073 * 2));
  put(folder / "d.bin", counting(3000));
  put(folder / "e.txt", "a text about nothing");
  put(folder / "f", "");
  EXPECT_EQ(recognise(folder / "a"), "idx");
  EXPECT_EQ(recognise(folder / "b"), "idx");
  EXPECT_EQ(recognise(folder / "c.bin"), "cifar");
  EXPECT_EQ(recognise(folder / "d.bin"), "");
  EXPECT_EQ(recognise(folder / "e.txt"), "");
  EXPECT_EQ(recognise(folder / "f"), "");
  EXPECT_EQ(recognise(golden_path("data/f4.npy")), "npy");
  put(folder / "shard", tar_file({{"a.png", "x"}}));
  put(folder / "t.csv", "image\n");
  put(folder / "t.tsv.gz", "");
  put(folder / "t.jsonl", "{}");
  EXPECT_EQ(recognise(folder / "shard"), "tar");
  EXPECT_EQ(recognise(folder / "t.csv"), "csv");
  EXPECT_EQ(recognise(folder / "t.tsv.gz"), "tsv");
  EXPECT_EQ(recognise(folder / "t.jsonl"), "jsonl");
}

TEST(Recognise, FoldersByTheirFiles) {
  TempFolder folder;
  EXPECT_EQ(recognise(folder.path()), "images");
  put(folder / "test_batch.bin", "");
  EXPECT_EQ(recognise(folder.path()), "cifar");
}

}  // namespace
}  // namespace kindred::test
