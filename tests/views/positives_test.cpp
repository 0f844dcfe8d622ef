// SPDX-License-Identifier: Apache-2.0
// A data set whose samples say who they are and views that show it, so that the partner of each can be read off.
#include "kindred/views/positives.h"

#include <gmock/gmock.h>

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

// Every view is {the sample's number, its id}.
class Shown final : public Views {
 public:
  int64_t count() const override { return 4; }
  std::vector<int64_t> shape(int64_t) const override { return {2}; }
  void make(const Sample& sample, uint64_t, uint32_t, int64_t, float* out, ViewScratch&) const override {
    out[0] = sample.vector.empty() ? sample.image.pixels.at(0) : sample.vector[0];
    out[1] = static_cast<float>(sample.id);
  }
};

ViewsPtr positives(const std::shared_ptr<Rows>& data, PositiveOptions options) {
  return positive_views(data, std::make_shared<Shown>(), options);
}

// The partner of sample i, by a scratch of its own unless one is given.
int64_t partner(const Rows& data, const Views& views, int64_t i, uint32_t epoch, ViewScratch* reused = nullptr) {
  Sample sample;
  data.get(i, sample);
  sample.index = i;
  ViewScratch fresh;
  ViewScratch& scratch = reused != nullptr ? *reused : fresh;
  float even[2], odd[2], third[2], fourth[2];
  views.make(sample, 7, epoch, 0, even, scratch);
  views.make(sample, 7, epoch, 1, odd, scratch);
  views.make(sample, 7, epoch, 2, third, scratch);
  views.make(sample, 7, epoch, 3, fourth, scratch);
  EXPECT_EQ(even[0], static_cast<float>(i));
  EXPECT_EQ(third[0], static_cast<float>(i));
  EXPECT_EQ(odd[0], fourth[0]);
  EXPECT_EQ(odd[1], static_cast<float>(1000 + i));  // the draws are the sample's
  return static_cast<int64_t>(odd[0]);
}

std::map<int64_t, int> partners(const Rows& data, const Views& views, int64_t i, int epochs) {
  std::map<int64_t, int> counts;
  for (int epoch = 0; epoch < epochs; ++epoch) ++counts[partner(data, views, i, static_cast<uint32_t>(epoch))];
  return counts;
}

std::set<int64_t> seen(const std::map<int64_t, int>& counts) {
  std::set<int64_t> keys;
  for (const auto& [key, count] : counts) keys.insert(key);
  return keys;
}

// Two clips, their frames out of order; the second has a gap, and one frame belongs to none.
std::shared_ptr<Rows> clips() {
  return std::make_shared<Rows>(
      std::vector<Row>{{5, 2}, {5, 0}, {5, 1}, {5, 3}, {9, 0}, {9, 10}, {9, 11}, {kNoGroup, 1}, {5, kNoNumber}});
}

TEST(Positives, NeighboursInTimeStayInTheWindowAndInTheClip) {
  const auto data = clips();
  const auto views = positives(data, {.from = "time", .window = 1});
  EXPECT_EQ(seen(partners(*data, *views, 0, 60)), (std::set<int64_t>{2, 3}));  // time 2: 1 and 3
  EXPECT_EQ(seen(partners(*data, *views, 1, 60)), (std::set<int64_t>{2}));     // time 0, the start: no wrap to 3
  EXPECT_EQ(seen(partners(*data, *views, 3, 60)), (std::set<int64_t>{0}));     // time 3, the end: not the next clip
  EXPECT_EQ(seen(partners(*data, *views, 4, 60)), (std::set<int64_t>{4}));     // nobody near: itself
  EXPECT_EQ(seen(partners(*data, *views, 5, 60)), (std::set<int64_t>{6}));
  EXPECT_EQ(seen(partners(*data, *views, 7, 60)), (std::set<int64_t>{7}));
  EXPECT_EQ(seen(partners(*data, *views, 8, 60)), (std::set<int64_t>{8}));  // no time
  const auto wide = positives(data, {.from = "time", .window = 2.5});
  EXPECT_EQ(seen(partners(*data, *wide, 0, 100)), (std::set<int64_t>{1, 2, 3}));
}

TEST(Positives, DrawsAreUniform) {
  const auto data = clips();
  const auto views = positives(data, {.from = "time", .window = 5});
  constexpr int kEpochs = 3000;
  const auto counts = partners(*data, *views, 2, kEpochs);
  ASSERT_EQ(counts.size(), 3u);
  // Five standard deviations of a binomial with p = 1/3.
  for (const auto& [other, count] : counts)
    EXPECT_NEAR(count, kEpochs / 3.0, 5 * std::sqrt(kEpochs * 2.0 / 9)) << other;
}

TEST(Positives, SameGroupAndSameLabel) {
  const auto data = std::make_shared<Rows>(
      std::vector<Row>{{1, 0, 3}, {2, 0, 4}, {1, 900, 4}, {2, 0, 3}, {kNoGroup, 0, 3}, {3, 0, kNoLabel}});
  const auto group = positives(data, {.from = "group"});
  EXPECT_EQ(seen(partners(*data, *group, 0, 30)), (std::set<int64_t>{2}));
  EXPECT_EQ(seen(partners(*data, *group, 1, 30)), (std::set<int64_t>{3}));
  EXPECT_EQ(seen(partners(*data, *group, 4, 30)), (std::set<int64_t>{4}));
  EXPECT_EQ(seen(partners(*data, *group, 5, 30)), (std::set<int64_t>{5}));
  const auto label = positives(data, {.from = "label"});
  EXPECT_EQ(seen(partners(*data, *label, 0, 60)), (std::set<int64_t>{3, 4}));
  EXPECT_EQ(seen(partners(*data, *label, 1, 60)), (std::set<int64_t>{2}));
  EXPECT_EQ(seen(partners(*data, *label, 5, 60)), (std::set<int64_t>{5}));
}

TEST(Positives, ScoresWithinADistance) {
  const auto data = std::make_shared<Rows>(
      std::vector<Row>{{.score = 1.0}, {.score = 1.2}, {.group = 4, .score = 0.75}, {.score = 2}, {}, {.score = 1.25}});
  const auto views = positives(data, {.from = "score", .window = 0.25});
  EXPECT_EQ(seen(partners(*data, *views, 0, 90)), (std::set<int64_t>{1, 2, 5}));
  EXPECT_EQ(seen(partners(*data, *views, 2, 60)), (std::set<int64_t>{0}));
  EXPECT_EQ(seen(partners(*data, *views, 3, 60)), (std::set<int64_t>{3}));
  EXPECT_EQ(seen(partners(*data, *views, 4, 60)), (std::set<int64_t>{4}));
}

// The partner depends on (seed, epoch, sample) only: not on what the scratch held before.
TEST(Positives, AScratchRemembersNothingThatChangesThem) {
  const auto data = clips();
  const auto views = positives(data, {.from = "time", .window = 5}),
             label = positives(data, {.from = "time", .window = 20});
  ViewScratch reused;
  for (uint32_t epoch = 0; epoch < 8; ++epoch)
    for (int64_t i = 0; i < data->size(); ++i) {
      EXPECT_EQ(partner(*data, *views, i, epoch, &reused), partner(*data, *views, i, epoch));
      EXPECT_EQ(partner(*data, *label, i, epoch, &reused), partner(*data, *label, i, epoch));
    }
}

TEST(Positives, ThroughTheLoaderWithAnyNumberOfWorkers) {
  std::vector<Row> rows;
  for (int i = 0; i < 60; ++i) rows.push_back({i / 20, static_cast<double>(i % 20), kNoLabel});
  const auto data = std::make_shared<Rows>(rows);
  const auto batches = [&](int64_t workers) {
    Loader loader(data, positives(data, {.from = "time", .window = 3}), {.batch = 20, .workers = workers, .seed = 7});
    std::vector<float> all;
    for (int i = 0; i < 9; ++i) {
      const Batch batch = loader.next();
      for (int64_t row = 0; row < 20; ++row) {
        const auto own = batch.views[0].data_ptr<float>()[2 * row], other = batch.views[1].data_ptr<float>()[2 * row];
        EXPECT_EQ(static_cast<int>(own) / 20, static_cast<int>(other) / 20);
        EXPECT_NE(own, other);
        EXPECT_LE(std::abs(own - other), 3);
        EXPECT_EQ(batch.ids.data_ptr<int64_t>()[row], 1000 + static_cast<int64_t>(own));
        all.push_back(other);
      }
    }
    return all;
  };
  const auto one = batches(1);
  EXPECT_EQ(batches(3), one);
}

TEST(Positives, GivenPairsGoRoundTheViews) {
  const auto data = clips();
  data->info_.pictures = 3;
  for (const char* from : {"given", "auto"}) {
    const auto views = positives(data, {.from = from});
    Sample sample{.id = 5, .image = {1, 1, 1, {10}}, .others = {{1, 1, 1, {20}}, {1, 1, 1, {30}}}, .vector = {}};
    ViewScratch scratch;
    for (int64_t view = 0; view < 4; ++view) {
      float out[2];
      views->make(sample, 1, 0, view, out, scratch);
      EXPECT_EQ(out[0], 10.0f + 10.0f * static_cast<float>(view % 3));
      EXPECT_EQ(out[1], 5);
    }
  }
}

TEST(Positives, SelfIsTheBaseAndWhatTheDataLackIsRefused) {
  const auto data = clips();
  const auto base = std::make_shared<Shown>();
  EXPECT_EQ(positive_views(data, base, {.from = "self"}), base);
  EXPECT_EQ(positive_views(data, base, {}), base);
  const auto message = [&](const PositiveOptions& options) {
    try {
      positive_views(data, base, options);
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string("no exception");
  };
  EXPECT_THAT(message({.from = "given"}), HasSubstr("expected data with several pictures a sample"));
  EXPECT_THAT(message({.from = "friend"}), HasSubstr("positives: expected from"));
  EXPECT_THAT(message({.from = "time", .window = 0}), HasSubstr("window"));
  data->info_.timed = data->info_.grouped = data->info_.labelled = data->info_.scored = false;
  EXPECT_THAT(message({.from = "score"}), HasSubstr("expected data with scores"));
  EXPECT_THAT(message({.from = "time"}), HasSubstr("expected data with groups and times"));
  EXPECT_THAT(message({.from = "group"}), HasSubstr("expected data with groups"));
  EXPECT_THAT(message({.from = "label"}), HasSubstr("expected labelled data"));
}

}  // namespace
}  // namespace kindred
