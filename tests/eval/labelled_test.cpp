// SPDX-License-Identifier: Apache-2.0
// Proves: which rows and classes a task keeps, ranks against a sort, names of classes. Refusals: knn_test, protocols_test.
#include "kindred/eval/labelled.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

using testing::ElementsAre;

TEST(LabelledTask, KeepsLabelledRowsInOrder) {
  Embeddings train, rows;
  train.rows = test::normal_rows(5, 2, 1);
  train.labels = at::tensor({9, -1, 4, 9, -1}, at::kLong);
  train.ids = at::arange(50, 55, at::kLong);
  rows.rows = test::normal_rows(3, 2, 2);
  rows.labels = at::tensor({4, 7, 9}, at::kLong);
  rows.class_names = {"a", "b", "c", "d", "e"};
  const auto task = labelled_task("test", train, rows, 2);
  EXPECT_THAT(task.label_of, ElementsAre(4, 9));
  EXPECT_THAT(task.train_class, ElementsAre(1, 0, 1));
  EXPECT_THAT(task.test_class, ElementsAre(0, -1, 1));
  EXPECT_TRUE(at::equal(task.train.ids, at::tensor({50, 52, 53}, at::kLong)));
  EXPECT_TRUE(at::equal(task.train.rows[1], train.rows[2]));
  EXPECT_EQ(task.class_name(0), "e");
  EXPECT_EQ(task.class_name(1), "class 9");  // beyond the names
  EXPECT_EQ(task.warnings.size(), 2u);
  EXPECT_THROW(labelled_task("test", train, rows, 3), InvalidArgument);
}

TEST(RanksOfTruth, EqualsASort) {
  const auto scores = test::normal_rows(40, 6, 3).mul(2).round();  // many ties
  std::vector<int64_t> truth;
  for (int64_t i = 0; i < 40; ++i) truth.push_back(i % 7 - 1);
  const auto ranks = ranks_of_truth(scores, truth);
  for (size_t i = 0; i < 40; ++i) {
    if (truth[i] < 0) {
      EXPECT_EQ(ranks[i], kUnranked);
      continue;
    }
    std::vector<int64_t> order(6);
    std::iota(order.begin(), order.end(), 0);
    const float* row = scores.data_ptr<float>() + 6 * i;
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return row[a] > row[b]; });
    EXPECT_EQ(order[static_cast<size_t>(ranks[i])], truth[i]);
  }
  EXPECT_THAT(test::floats(within({0, 1, 5, kUnranked}, 2)), ElementsAre(1, 1, 0, 0));
}

TEST(AddAccuracy, TopFiveNeedsMoreThanFiveClasses) {
  EvalResult few, many;
  add_accuracy(few, {0, 0, 3, kUnranked}, 5);
  add_accuracy(many, {0, 0, 3, kUnranked}, 6);
  ASSERT_EQ(few.figures.size(), 1u);
  EXPECT_EQ(few.figures[0].value, 0.5);
  ASSERT_EQ(many.figures.size(), 2u);
  EXPECT_EQ(many.figures[1].name, "top5");
  EXPECT_EQ(many.figures[1].value, 0.75);
  EXPECT_THAT(test::floats(many.correct), ElementsAre(1, 1, 0, 0));
}

TEST(NumberText, ShortestThatReadsBack) {
  EXPECT_EQ(number_text(0.07), "0.07");
  EXPECT_EQ(number_text(1e-6), "1e-06");
  EXPECT_EQ(number_text(100), "100");
}

}  // namespace
}  // namespace kindred
