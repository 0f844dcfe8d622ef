// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "kindred/data/dataset.h"
#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

// Counts how often it is asked.
class Counting final : public Dataset {
 public:
  Counting() { info_.pictures = 2; }
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return 5; }
  int64_t label(int64_t index) const override { return index % 2; }
  int64_t group(int64_t index) const override { return index / 2; }
  double time(int64_t index) const override { return 0.5 * static_cast<double>(index); }
  uint64_t id(int64_t index) const override { return static_cast<uint64_t>(100 + index); }
  std::string source(int64_t index) const override { return std::to_string(index); }
  int64_t skipped() const override { return 7; }
  void get(int64_t index, Sample& sample) const override {
    ++asked;
    sample.id = id(index);
    sample.label = label(index);
    sample.group = group(index);
    sample.time = time(index);
    sample.image = ramp(2, 3, 3, static_cast<int>(index));
    sample.others = {ramp(4, 1, 1, static_cast<int>(index))};
    sample.encoded = "bytes";
  }
  mutable std::atomic<int> asked = 0;

 private:
  DatasetInfo info_;
};

TEST(CachedDataset, DecodesOnceAndGivesTheSame) {
  const auto base = std::make_shared<Counting>();
  const auto kept = cached(base);
  EXPECT_EQ(kept->size(), 5);
  EXPECT_EQ(kept->skipped(), 7);
  EXPECT_EQ(base->asked, 0);
  Sample sample;
  for (int round = 0; round < 3; ++round)
    for (int64_t i = 0; i < 5; ++i) {
      kept->get(i, sample);
      EXPECT_EQ(sample.id, base->id(i));
      EXPECT_EQ(sample.label, kept->label(i));
      EXPECT_EQ(sample.group, kept->group(i));
      EXPECT_EQ(sample.time, kept->time(i));
      EXPECT_EQ(sample.image.pixels, ramp(2, 3, 3, static_cast<int>(i)).pixels);
      ASSERT_EQ(sample.others.size(), 1u);
      EXPECT_EQ(sample.others[0].pixels, ramp(4, 1, 1, static_cast<int>(i)).pixels);
      EXPECT_EQ(kept->source(i), base->source(i));
    }
  EXPECT_EQ(base->asked, 5);
}

TEST(CachedDataset, ThreadsMayAskAtOnce) {
  const auto kept = cached(std::make_shared<Counting>());
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Sample sample;
      for (int i = 0; i < 500; ++i) {
        const int64_t index = (i + t) % 5;
        kept->get(index, sample);
        if (sample.image.pixels != ramp(2, 3, 3, static_cast<int>(index)).pixels) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kindred::test
