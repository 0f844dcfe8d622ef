// SPDX-License-Identifier: Apache-2.0
// Batches of P classes x K samples: the invariants of the header over many shapes of data set, counted here by hand; that
// the loader serves them unchanged with any number of workers and after a seek.
#include "kindred/views/class_sampler.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "kindred/core/error.h"
#include "kindred/views/loader.h"
#include "tests/views/rows.h"

namespace kindred {
namespace {

using test::Rows;

// sizes[c] samples of class c, interleaved.
std::vector<test::Row> labels_of(const std::vector<int64_t>& sizes) {
  std::vector<test::Row> out;
  for (int64_t round = 0; round < 1000; ++round)
    for (size_t c = 0; c < sizes.size(); ++c)
      if (round < sizes[c]) out.push_back({.label = static_cast<int64_t>(c)});
  return out;
}

std::map<int64_t, int64_t> per_label(const Dataset& data, const std::vector<int64_t>& rows) {
  std::map<int64_t, int64_t> count;
  for (const int64_t row : rows) ++count[data.label(row)];
  return count;
}

TEST(ClassSampler, ABatchIsPClassesOfKSamples) {
  const Rows data(labels_of({20, 20, 20, 20, 20, 20, 20}));
  ClassSampler sampler(data, SampleKey::kLabel, 12, 4, 3);
  EXPECT_EQ(sampler.batches_per_epoch(), 140 / 12);
  for (int64_t epoch = 0; epoch < 3; ++epoch)
    for (int64_t index = 0; index < sampler.batches_per_epoch(); ++index) {
      const auto rows = sampler.rows(epoch, index);
      EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), 12u);
      const auto count = per_label(data, rows);
      EXPECT_EQ(count.size(), 3u);
      for (const auto& [label, samples] : count) EXPECT_EQ(samples, 4) << label;
      for (size_t row = 1; row < rows.size(); ++row)  // class after class
        if (row % 4 != 0) {
          EXPECT_EQ(data.label(rows[row]), data.label(rows[row - 1]));
        }
    }
}

TEST(ClassSampler, WithFewClassesAllAreInEveryBatch) {
  const Rows data(labels_of({50, 60, 70}));
  ClassSampler sampler(data, SampleKey::kLabel, 32, 4, 3);  // 8 groups of 4, 3 classes: 11, 11, 10
  for (int64_t index = 0; index < sampler.batches_per_epoch(); ++index) {
    const auto count = per_label(data, sampler.rows(0, index));
    ASSERT_EQ(count.size(), 3u);
    int64_t rows = 0;
    for (const auto& [label, samples] : count) {
      EXPECT_TRUE(samples == 10 || samples == 11) << label;
      rows += samples;
    }
    EXPECT_EQ(rows, 32);
  }
}

TEST(ClassSampler, ASmallClassGivesWhatItHasAndNothingTwice) {
  const Rows data(labels_of({40, 40, 2, 1}));
  ClassSampler sampler(data, SampleKey::kLabel, 16, 4, 9);  // 4 classes of 4
  const auto rows = sampler.rows(0, 0);
  EXPECT_EQ(per_label(data, rows), (std::map<int64_t, int64_t>{{0, 4}, {1, 4}, {2, 2}, {3, 1}}));
  EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), rows.size());
}

TEST(ClassSampler, NoSampleTwiceInAnyBatch) {
  for (const auto& sizes : {std::vector<int64_t>{3, 9, 5}, {1, 1, 1, 1}, {30}, {2, 13, 7, 40, 1}})
    for (const int64_t batch : {1, 2, 7, 12, 33})
      for (const int64_t per_class : {1, 2, 3, 7}) {
        if (per_class > batch) continue;
        const Rows data(labels_of(sizes));
        ClassSampler sampler(data, SampleKey::kLabel, batch, per_class, 1);
        for (int64_t index = 0; index < 20; ++index) {
          const auto rows = sampler.rows(4, index);
          EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), rows.size());
          EXPECT_GE(rows.size(), 1u);
          EXPECT_LE(rows.size(), static_cast<size_t>(batch));
        }
      }
}

// 6 classes of 8, batches of 3 classes x 4: an epoch is 4 batches, two rounds, and shows every sample once.
TEST(ClassSampler, AnEpochShowsEverySampleWhereClassesAreEqual) {
  const Rows data(labels_of({8, 8, 8, 8, 8, 8}));
  ClassSampler sampler(data, SampleKey::kLabel, 12, 4, 5);
  ASSERT_EQ(sampler.batches_per_epoch(), 4);
  std::vector<std::vector<int64_t>> epochs;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<int64_t> seen;
    for (int64_t index = 0; index < 4; ++index)
      for (const int64_t row : sampler.rows(epoch, index)) seen.push_back(row);
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 48u);
    epochs.push_back(seen);
  }
  EXPECT_NE(epochs[0], epochs[1]);
}

TEST(ClassSampler, UnlabelledSamplesAreNeverDrawn) {
  auto labels = labels_of({10, 10});
  labels.resize(labels.size() + 50);
  const Rows data(labels);
  ClassSampler sampler(data, SampleKey::kLabel, 8, 4, 5);
  EXPECT_EQ(sampler.batches_per_epoch(), 2);
  for (int64_t index = 0; index < 10; ++index)
    for (const int64_t row : sampler.rows(0, index)) EXPECT_LT(row, 20);
}

TEST(ClassSampler, SeedsAndBatchesDiffer) {
  const Rows data(labels_of({50, 50, 50}));
  ClassSampler one(data, SampleKey::kLabel, 12, 4, 1), again(data, SampleKey::kLabel, 12, 4, 1);
  EXPECT_NE(one.rows(0, 0), ClassSampler(data, SampleKey::kLabel, 12, 4, 2).rows(0, 0));
  EXPECT_NE(one.rows(0, 0), one.rows(0, 1));
  EXPECT_EQ(one.rows(2, 3), again.rows(2, 3));
}

TEST(ClassSampler, Refusals) {
  const Rows data(labels_of({5, 5})), bare(std::vector<test::Row>(10));
  EXPECT_THROW(ClassSampler(data, SampleKey::kLabel, 4, 5, 0), InvalidArgument);
  EXPECT_THROW(ClassSampler(data, SampleKey::kLabel, 4, 0, 0), InvalidArgument);
  try {
    ClassSampler(bare, SampleKey::kLabel, 4, 2, 0);
    FAIL() << "expected InvalidArgument";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("without labels"));
  }
}

TEST(ClassSampler, TheLoaderServesItsBatches) {
  const auto data = std::make_shared<Rows>(labels_of({9, 30, 30, 1}));
  ClassSampler sampler(*data, SampleKey::kLabel, 10, 3, 7);
  for (const int64_t workers : {1, 3}) {
    Loader loader(data, std::make_shared<test::Number>(), {.batch = 10, .workers = workers, .seed = 7, .per_class = 3});
    EXPECT_EQ(loader.batches_per_epoch(), 7);
    for (const int64_t start : {0, 5, 2}) {
      loader.seek(1, start);
      for (int64_t index = start; index < 7; ++index) {
        const Batch batch = loader.next();
        const auto rows = sampler.rows(1, index);
        EXPECT_EQ(batch.epoch, 1);
        ASSERT_EQ(batch.ids.size(0), std::ssize(rows));
        for (size_t i = 0; i < rows.size(); ++i) {
          EXPECT_EQ(batch.ids.data_ptr<int64_t>()[i], 1000 + rows[i]);
          EXPECT_EQ(batch.labels.data_ptr<int64_t>()[i], data->label(rows[i]));
          EXPECT_EQ(batch.views[0].data_ptr<float>()[i], static_cast<float>(rows[i]));
        }
      }
    }
    EXPECT_EQ(loader.next().epoch, 2);
  }
}

}  // namespace
}  // namespace kindred
