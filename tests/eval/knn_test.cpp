// SPDX-License-Identifier: Apache-2.0
// Proves: votes as in the shared vector and in scikit-learn; ties; top-5; unlabelled rows, unseen classes, exclusion of
// self; the result does not depend on the order of the rows.
#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

using test::blobs;
using test::embeddings_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<float> correct(const EvalResult& result) { return test::floats(result.correct); }

TEST(Knn, SharedVectorVotes) {
  const auto item = test::golden_case("vectors/retrieval_and_probe.json", "weighted_knn_vote");
  const auto& in = item["inputs"];
  const auto gallery = embeddings_of(in["gallery"], in["gallery_labels"]);
  KnnOptions options{.k = 3, .temperature = 0.07};
  // Asked with each label as the truth, `correct` says which class the vote elects: 1 for both queries.
  for (const int64_t truth : {0, 1}) {
    const auto result = knn(gallery, embeddings_of(in["queries"], std::vector<int64_t>{truth, truth}), options);
    for (size_t q = 0; q < 2; ++q)
      EXPECT_EQ(correct(result)[q], item["expected_value"]["prediction"].at(q) == truth ? 1 : 0);
  }
}

TEST(Knn, ScikitLearnAgrees) {
  const auto item = test::golden_json("eval_oracles.json").at("knn");
  const auto train = embeddings_of(item["x"], item["y"]), test_rows = embeddings_of(item["queries"], item["truth"]);
  for (const auto& [temperature, rows] : item["probability"].items()) {
    const auto result = knn(train, test_rows, {.k = 9, .temperature = std::stod(temperature)});
    ASSERT_EQ(result.figures.size(), 2u);  // seven classes: top1 and top5
    for (size_t q = 0; q < rows.size(); ++q) {
      const auto p = rows.at(q).get<std::vector<double>>();
      const auto best = std::max_element(p.begin(), p.end()) - p.begin();
      EXPECT_EQ(correct(result)[q] == 1, item["truth"].at(q) == best) << q;
    }
  }
}

TEST(Knn, UniformVotesAndTheirTies) {
  // Neighbours of the query (1, 0), nearest first: classes 1, 0, 0, 1.
  Embeddings train;
  train.rows = at::tensor({1.0, 0.0, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3}, at::kFloat).view({4, 2});
  train.labels = at::tensor({1, 0, 0, 1}, at::kLong);
  Embeddings query;
  query.rows = at::tensor({1.0, 0.0}, at::kFloat).view({1, 2});
  const auto elected = [&](int64_t k) {
    query.labels = at::tensor({1}, at::kLong);
    return knn(train, query, {.k = k, .weights = "uniform"}).figures[0].value == 1 ? 1 : 0;
  };
  EXPECT_EQ(elected(1), 1);
  EXPECT_EQ(elected(2), 1);  // one each: the nearest neighbour's class
  EXPECT_EQ(elected(3), 0);
  EXPECT_EQ(elected(4), 1);  // two each
}

TEST(Knn, SmallTemperatureDoesNotOverflow) {
  const auto train = blobs(60, 8, 3, 0.1, 1), rows = blobs(30, 8, 3, 0.1, 2);
  // exp(1 / 1e-4) is far beyond double: only the subtraction of the maximum keeps this finite.
  EXPECT_EQ(knn(train, rows, {.k = 5, .temperature = 1e-4}).figures[0].value, 1);
}

TEST(Knn, OrderOfRowsDoesNotMatter) {
  const auto train = blobs(120, 6, 4, 1.5, 3), rows = blobs(80, 6, 4, 1.5, 4);
  const auto base = knn(train, rows, {.k = 7});
  std::vector<int64_t> order(120), test_order(80);
  const Permutation shuffle(120, {.seed = 1}), test_shuffle(80, {.seed = 2});
  for (size_t i = 0; i < 120; ++i) order[i] = static_cast<int64_t>(shuffle(i));
  for (size_t i = 0; i < 80; ++i) test_order[i] = static_cast<int64_t>(test_shuffle(i));
  const auto index = at::tensor(test_order, at::kLong);
  const auto moved = knn(test::reordered(train, at::tensor(order, at::kLong)), test::reordered(rows, index), {.k = 7});
  EXPECT_TRUE(at::equal(moved.correct, base.correct.index_select(0, index)));
}

TEST(Knn, TrainAsTest) {
  const auto e = blobs(60, 6, 3, 4.0, 5);              // noise: neighbours say little
  EXPECT_EQ(knn(e, e, {.k = 1}).figures[0].value, 1);  // each row is its own neighbour
  const auto honest = knn(e, e, {.k = 1, .exclude_self = true});
  EXPECT_LT(honest.figures[0].value, 0.95);
  // One neighbour without self by a double loop.
  const auto unit = e.rows / e.rows.norm(2, 1, true);
  auto s = at::mm(unit, unit.t());
  s.fill_diagonal_(-2);
  const auto elected = e.labels.index_select(0, s.argmax(1));
  EXPECT_TRUE(at::equal(honest.correct, elected.eq(e.labels).to(at::kByte)));
}

TEST(Knn, UnlabelledRowsAndUnseenClasses) {
  auto train = blobs(60, 6, 3, 0.1, 6), rows = blobs(30, 6, 3, 0.1, 7);
  train.labels.narrow(0, 0, 6).fill_(-1);
  rows.labels.narrow(0, 0, 3).fill_(-1);
  rows.labels.narrow(0, 3, 3).fill_(77);
  const auto result = knn(train, rows, {.k = 5});
  EXPECT_EQ(result.n_train, 54);
  EXPECT_EQ(result.n_test, 27);
  EXPECT_EQ(result.correct.size(0), 27);
  EXPECT_DOUBLE_EQ(result.figures[0].value, 24.0 / 27);
  EXPECT_THAT(result.warnings, Contains(HasSubstr("6 of the 60")));
  EXPECT_THAT(result.warnings, Contains(HasSubstr("label 77")));
}

TEST(Knn, BadInput) {
  const auto e = blobs(20, 4, 2, 1, 8);
  auto unlabelled = e, broken = e, strange = e;
  unlabelled.labels = at::full({20}, -1, at::kLong);
  broken.rows = e.rows.clone();
  broken.rows[7][2] = std::numeric_limits<float>::infinity();
  strange.labels = e.labels - 5;
  const auto message = [&](const Embeddings& train, const Embeddings& rows, const KnnOptions& options) -> std::string {
    try {
      knn(train, rows, options);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message(unlabelled, e, {}),
              HasSubstr("knn: expected labelled rows in the training rows (blobs), got none"));
  EXPECT_THAT(message(e, unlabelled, {}), HasSubstr("the test rows"));
  EXPECT_THAT(message(e, broken, {}), HasSubstr("got inf in row 7"));
  EXPECT_THAT(message(e, strange, {}), HasSubstr("got -5"));
  EXPECT_THAT(message(e, blobs(20, 5, 2, 1, 8), {}), HasSubstr("4 and 5"));
  EXPECT_THAT(message(e, e, {.k = 0}), HasSubstr("k"));
  EXPECT_THAT(message(e, e, {.temperature = 0}), HasSubstr("temperature"));
  EXPECT_THAT(message(e, e, {.weights = "linear"}), HasSubstr("weights"));
  EXPECT_THAT(knn(e, e, {.k = 50}).warnings, ElementsAre(HasSubstr("k = 50 is more than the 20")));
}

}  // namespace
}  // namespace kindred
