// SPDX-License-Identifier: Apache-2.0
// What every sampler promises (a batch follows from epoch and index alone; no sample twice in a batch), and what each
// promises besides, counted by hand on data sets whose samples say who they are.
#include "kindred/views/sampler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "kindred/core/error.h"
#include "kindred/views/loader.h"
#include "tests/views/rows.h"

namespace kindred {
namespace {

using testing::HasSubstr;

using test::Row;
using test::Rows;

// n samples: five classes of very different size, groups of three, scores 0, 1, 2, 3, 0, ...
Rows rows_of(int64_t n) {
  std::vector<Row> out;
  for (int64_t i = 0; i < n; ++i)
    out.push_back({.group = i / 3,
                   .label = i % 16 == 0  ? 4
                            : i % 8 == 0 ? 3
                            : i % 4 == 0 ? 2
                                         : i % 2,
                   .score = static_cast<double>(i % 4)});
  return Rows(std::move(out));
}

const char* const kNames[] = {"shuffle", "classes", "groups", "distinct", "balanced", "weighted"};

TEST(Sampler, BatchesFollowFromEpochAndIndexAlone) {
  const Rows data = rows_of(200);
  for (const char* name : kNames) {
    const SamplerOptions options{.name = name, .batch = 16, .per_class = 2, .seed = 5};
    const auto forward = make_sampler(data, options), backward = make_sampler(data, options);
    const int64_t count = forward->batches_per_epoch();
    EXPECT_EQ(count, 200 / 16) << name;
    std::map<std::pair<int64_t, int64_t>, std::vector<int64_t>> seen;
    for (int64_t epoch = 0; epoch < 3; ++epoch)
      for (int64_t index = 0; index < count; ++index) seen[{epoch, index}] = forward->rows(epoch, index);
    for (int64_t epoch = 2; epoch >= 0; --epoch)
      for (int64_t index = count - 1; index >= 0; --index)
        EXPECT_EQ(backward->rows(epoch, index), (seen[{epoch, index}])) << name << " " << epoch << " " << index;
    EXPECT_NE((seen[{0, 0}]), (seen[{1, 0}])) << name;
    auto other = options;
    other.seed = 6;
    EXPECT_NE(make_sampler(data, other)->rows(0, 0), (seen[{0, 0}])) << name;
  }
}

TEST(Sampler, NoSampleTwiceInABatch) {
  const Rows data = rows_of(150);
  for (const char* name : kNames) {
    const auto sampler = make_sampler(data, {.name = name, .batch = 30, .per_class = 3, .seed = 1});
    for (int64_t epoch = 0; epoch < 4; ++epoch)
      for (int64_t index = 0; index < sampler->batches_per_epoch(); ++index) {
        const auto rows = sampler->rows(epoch, index);
        EXPECT_EQ(std::set<int64_t>(rows.begin(), rows.end()).size(), rows.size()) << name;
        EXPECT_LE(rows.size(), 30u) << name;
        EXPECT_GE(rows.size(), 20u) << name;
      }
  }
}

TEST(Sampler, ShuffleShowsEverySampleOnceAndInOrderKeepsTheOrder) {
  const Rows data = rows_of(50);
  const auto shuffle = make_sampler(data, {.batch = 8, .drop_last = false});
  const auto in_order = make_sampler(data, {.batch = 8, .drop_last = false, .in_order = true});
  std::multiset<int64_t> seen;
  int64_t expected = 0;
  ASSERT_EQ(shuffle->batches_per_epoch(), 7);
  for (int64_t index = 0; index < 7; ++index) {
    for (const int64_t row : shuffle->rows(3, index)) seen.insert(row);
    for (const int64_t row : in_order->rows(3, index)) EXPECT_EQ(row, expected++);
  }
  EXPECT_EQ(expected, 50);
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 50u);
}

TEST(Sampler, GroupsAreKPicturesOfPThings) {
  const Rows data = rows_of(120);
  const auto sampler = make_sampler(data, {.name = "groups", .batch = 12, .per_class = 3});
  for (int64_t index = 0; index < sampler->batches_per_epoch(); ++index) {
    std::map<int64_t, int64_t> count;
    for (const int64_t row : sampler->rows(0, index)) ++count[data.group(row)];
    EXPECT_EQ(count.size(), 4u);
    for (const auto& [group, samples] : count) EXPECT_EQ(samples, 3) << group;
  }
}

TEST(Sampler, DistinctHasNoTwoOfAGroupAndShowsEverySampleOnce) {
  const Rows data = rows_of(240);  // 80 groups of 3
  const auto sampler = make_sampler(data, {.name = "distinct", .batch = 24, .seed = 3});
  std::set<int64_t> seen;
  for (int64_t index = 0; index < sampler->batches_per_epoch(); ++index) {
    std::set<int64_t> groups;
    const auto rows = sampler->rows(1, index);
    for (const int64_t row : rows) {
      EXPECT_TRUE(groups.insert(data.group(row)).second) << "batch " << index;
      EXPECT_TRUE(seen.insert(row).second);
    }
  }
  EXPECT_GE(seen.size(), 230u);  // all but what the last batches could not take
}

TEST(Sampler, DistinctLeavesOutTheRestOfAGroupLargerThanTheEpoch) {
  std::vector<Row> list(40, Row{.group = 7});
  for (int64_t i = 0; i < 24; ++i) list.push_back({.group = 100 + i});
  const Rows data(std::move(list));
  const auto sampler = make_sampler(data, {.name = "distinct", .batch = 8});
  EXPECT_EQ(sampler->batches_per_epoch(), 8);
  std::set<int64_t> of_seven;
  int64_t others = 0;
  for (int64_t epoch = 0; epoch < 20; ++epoch)
    for (int64_t index = 0; index < 8; ++index)
      for (const int64_t row : sampler->rows(epoch, index)) {
        if (row < 40) of_seven.insert(row);
        others += row >= 40;
      }
  EXPECT_EQ(others, 20 * 24);       // nobody else is left out
  EXPECT_GT(of_seven.size(), 30u);  // eight an epoch, others each time
}

TEST(Sampler, DistinctKeepsCopiesOfASampleApart) {  // in a mix one sample comes several times under one id
  const auto data = mix({{.dataset = std::make_shared<Rows>(std::vector<Row>(30)), .weight = 3}}, "thrice");
  const auto sampler = make_sampler(*data, {.name = "distinct", .batch = 10});
  EXPECT_EQ(sampler->batches_per_epoch(), 9);
  for (int64_t index = 0; index < 9; ++index) {
    std::set<uint64_t> ids;
    for (const int64_t row : sampler->rows(0, index)) EXPECT_TRUE(ids.insert(data->id(row)).second);
  }
}

// Shares within four standard deviations of what the weights say.
void expect_share(int64_t count, int64_t draws, double probability, const std::string& what) {
  const double mean = probability * static_cast<double>(draws);
  EXPECT_NEAR(static_cast<double>(count), mean, 4 * std::sqrt(mean * (1 - probability)) + 1e-9) << what;
}

TEST(Sampler, BalancedDrawsClassesEquallyOften) {
  const Rows data = rows_of(1600);
  const auto sampler = make_sampler(data, {.name = "balanced", .batch = 10, .seed = 2});
  std::map<int64_t, int64_t> count;
  int64_t draws = 0;
  for (int64_t epoch = 0; epoch < 10; ++epoch)
    for (int64_t index = 0; index < sampler->batches_per_epoch(); ++index)
      for (const int64_t row : sampler->rows(epoch, index)) ++count[data.label(row)], ++draws;
  ASSERT_EQ(count.size(), 5u);
  for (const auto& [label, samples] : count) {
    // Without the redraws this is a fifth; a batch of 10 of 100 samples of the smallest class meets one twice now and then.
    EXPECT_NEAR(static_cast<double>(samples) / static_cast<double>(draws), 0.2, 0.01) << label;
  }
}

TEST(Sampler, WeightedDrawsInProportionToTheScore) {
  const Rows data = rows_of(4000);
  const auto sampler = make_sampler(data, {.name = "weighted", .batch = 1, .seed = 2});
  std::map<double, int64_t> count;
  for (int64_t epoch = 0; epoch < 5; ++epoch)
    for (int64_t index = 0; index < 4000; ++index) ++count[data.score(sampler->rows(epoch, index).at(0))];
  EXPECT_EQ(count.count(0), 0u);  // weight 0: never
  for (const double score : {1.0, 2.0, 3.0}) expect_share(count[score], 20000, score / 6, std::to_string(score));
}

std::string refusal(const Dataset& data, const SamplerOptions& options) {
  try {
    make_sampler(data, options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "none";
}

TEST(Sampler, Refusals) {
  const Rows data = rows_of(20), bare(std::vector<Row>(20));
  EXPECT_THAT(refusal(data, {.name = "random", .batch = 4}), HasSubstr("got \"random\""));
  EXPECT_THAT(refusal(data, {.batch = 21}), HasSubstr("whole batch of 21"));
  EXPECT_THAT(refusal(data, {.name = "classes", .batch = 4}), HasSubstr("per_class in [1, 4]"));
  EXPECT_THAT(refusal(bare, {.name = "groups", .batch = 4, .per_class = 2}), HasSubstr("without groups"));
  EXPECT_THAT(refusal(bare, {.name = "balanced", .batch = 4}), HasSubstr("without labels"));
  EXPECT_THAT(refusal(bare, {.name = "weighted", .batch = 4}), HasSubstr("(row 0)"));
  EXPECT_THAT(refusal(data, {.name = "weighted", .batch = 16}), HasSubstr("got 15"));
  EXPECT_THAT(refusal(data, {.name = "distinct", .batch = 8}), HasSubstr("8 different groups"));
}

TEST(Sampler, TheLoaderServesEachWithAnyNumberOfWorkersAndAfterASeek) {
  const auto data = std::make_shared<Rows>(rows_of(100));
  for (const char* name : kNames)
    for (const int64_t workers : {1, 3}) {
      const auto sampler = make_sampler(*data, {.name = name, .batch = 9, .per_class = 3, .seed = 7});
      Loader loader(data, std::make_shared<test::Number>(),
                    {.batch = 9, .workers = workers, .seed = 7, .sampler = name, .per_class = 3});
      for (const int64_t start : {0, 6, 2}) {
        loader.seek(1, start);
        for (int64_t index = start; index < loader.batches_per_epoch(); ++index) {
          const Batch batch = loader.next();
          std::vector<int64_t> got(batch.positions.data_ptr<int64_t>(),
                                   batch.positions.data_ptr<int64_t>() + batch.positions.size(0));
          EXPECT_EQ(got, sampler->rows(1, index)) << name;
        }
      }
    }
}

}  // namespace
}  // namespace kindred
