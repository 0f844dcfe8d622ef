// SPDX-License-Identifier: Apache-2.0
// The rows of the table, and the key that every kind has.
#include <gmock/gmock.h>

#include "kindred/data/idx.h"
#include "kindred/data/spec.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Registry, RowsAreSortedAndTheirExamplesParse) {
  std::string before;
  for (const DatasetRow& row : dataset_rows()) {
    EXPECT_LT(before, row.name);
    before = row.name;
    EXPECT_EQ(parse_spec(row.example).kind, row.name);
    EXPECT_FALSE(row.summary.empty());
  }
}

TEST(Registry, RangeIsAPythonSliceAndKeepsIds) {
  TempFolder folder;
  put(folder / "x", idx_file(kIdxUbyte, {6, 1, 1}, "abcdef"));
  const auto ids = [&](const std::string& range) {
    return ids_of(*open_dataset("idx:" + (folder / "x").string() + "?range=" + range));
  };
  EXPECT_THAT(ids(":"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(ids("1:3"), ElementsAre(1, 2));
  EXPECT_THAT(ids("-2:"), ElementsAre(4, 5));
  EXPECT_THAT(ids(":-4"), ElementsAre(0, 1));
  EXPECT_THAT(ids("-100:1"), ElementsAre(0));
  EXPECT_THAT(ids("4:100"), ElementsAre(4, 5));
  EXPECT_EQ(sample_at(*open_dataset("idx:" + (folder / "x").string() + "?range=4:5"), 0).image.pixels[0], 'e');
  for (const char* bad : {"3", "a:b", "1:2:3", "", "1.5:2", "99999999999999999999:"})
    EXPECT_THAT(message_of<InvalidArgument>([&] { ids(bad); }), HasSubstr("range: expected A:B")) << bad;
  for (const char* empty : {"3:3", "5:2", "6:", ":-6"})
    EXPECT_THAT(message_of<InvalidArgument>([&] { ids(empty); }), HasSubstr("expected at least one of the 6 samples"))
        << empty;
}

TEST(Registry, CacheMemoryKeepsPicturesAndRefusesVectors) {
  TempFolder folder;
  put(folder / "x", idx_file(kIdxUbyte, {6, 1, 1}, "abcdef"));
  const std::string spec = "idx:" + (folder / "x").string();
  const auto kept = open_dataset(spec + "?cache=memory&range=2:4");
  EXPECT_EQ(kept->size(), 2);
  EXPECT_EQ(sample_at(*kept, 1).image.pixels[0], 'd');
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(golden_path("data/f4.npy").string() + "?cache=memory"); }),
              HasSubstr("cache: expected pictures, got vectors"));
}

TEST(Registry, UnknownKeysNameTheKnownOnes) {
  for (const char* spec :
       {"fashion-mnist?rnage=1:2", "idx:/dev/null?label=x", "cifar:/dev/null?splt=test", "images:/tmp?onerror=skip",
        "npy:/dev/null?label=x", "csv:/dev/null?images=a", "tar:/dev/null?ending=jpg", "frames:/tmp?label=x"})
    EXPECT_THAT(message_of<InvalidArgument>([&] { open_dataset(spec); }),
                testing::AllOf(HasSubstr("expected a key one of"), HasSubstr("range"), HasSubstr(spec)))
        << spec;
}

}  // namespace
}  // namespace kindred::test
