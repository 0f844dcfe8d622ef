// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/metrics.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

LogLine some_line() {
  LogLine line;
  line.step = 20;
  line.total_steps = 60;
  line.epoch = 0.1;
  line.loss = 1.0 / 3;
  line.lr = 0.06;
  line.grad_norm = 2;
  line.images_per_second = 1234.5;
  line.data_wait_share = 0.01;
  line.rss_bytes = 99;
  line.collapse = {0.9, 30, std::nan(""), -2};
  line.metrics = {{"queue_fill", 0.5}};
  line.warnings = {"plain \"words\"\nwith a line break and a byte \xff that is not UTF-8"};
  return line;
}

TEST(Metrics, LineHoldsEverythingInOrderOnOneLine) {
  const auto text = metrics_line(some_line());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto json = Json::parse(text);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::ElementsAre("step", "epoch", "loss", "lr", "grad_norm", "std_sqrt_d", "effective_rank",
                                         "alignment", "uniformity", "queue_fill", "images_per_second",
                                         "data_wait_share", "rss_bytes", "warnings"));
  EXPECT_EQ(json["loss"].get<double>(), 1.0 / 3);  // every bit survives
  EXPECT_TRUE(json["alignment"].is_null());
  EXPECT_EQ(json["warnings"].size(), 1u);
}

TEST(Metrics, TimingKeysAreLeftOutAtAnyDepth) {
  for (const char* key : {"images_per_second", "data_wait_share", "rss_bytes", "seconds"})
    EXPECT_TRUE(is_timing_key(key));
  EXPECT_FALSE(is_timing_key("loss"));
  const auto json = Json::parse(R"({"step":1,"seconds":2,"monitor":{"knn":0.5,"seconds":3}})");
  EXPECT_EQ(without_timing(json).dump(), R"({"step":1,"monitor":{"knn":0.5}})");
}

TEST(Metrics, FileReadsBack) {
  test::TempFolder folder;
  write_file(folder / "metrics.jsonl", metrics_line(some_line()) + "\n" + monitor_line(20, 0.1, {{"knn", 0.5}}) + "\n");
  const auto lines = read_metrics(folder / "metrics.jsonl");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["step"].get<int>(), 20);
  EXPECT_EQ(lines[1].dump(), R"({"step":20,"epoch":0.1,"monitor":{"knn":0.5}})");
}

TEST(Metrics, DamageIsNamedByLineAndOffset) {
  test::TempFolder folder;
  write_file(folder / "metrics.jsonl", "{\"step\":1}\n{\"step\":\n");
  try {
    read_metrics(folder / "metrics.jsonl");
    FAIL() << "expected Corruption";
  } catch (const Corruption& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("line 2"), testing::HasSubstr("offset 11")));
  }
}

TEST(Metrics, ResidentBytesIsMoreThanNothing) { EXPECT_GT(resident_bytes(), 1 << 20); }

}  // namespace
}  // namespace kindred
