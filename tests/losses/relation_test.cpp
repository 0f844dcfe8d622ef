// SPDX-License-Identifier: Apache-2.0
// Proves: labels, ids and scores against loops: unlabelled rows, the dead zone, angles, vectors, NaN; views of one row.
#include "kindred/losses/relation.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/inputs.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

// +1 positive, -1 negative, 0 ignored.
at::Tensor signs(const Relation& r) {
  EXPECT_FALSE((r.positive & r.negative).any().item<bool>());
  EXPECT_FALSE(r.positive.diagonal().any().item<bool>());
  EXPECT_FALSE(r.negative.diagonal().any().item<bool>());
  EXPECT_TRUE(torch::equal(r.positive, r.positive.t()));
  EXPECT_TRUE(torch::equal(r.negative, r.negative.t()));
  return r.positive.to(torch::kLong) - r.negative.to(torch::kLong);
}

TEST(RelationTest, Labels) {
  const at::Tensor labels = torch::tensor({3, 3, 5, -1, -1});
  EXPECT_TRUE(torch::equal(
      signs(relation_by_label(labels, {})),
      torch::tensor(
          {{0, 1, -1, -1, -1}, {1, 0, -1, -1, -1}, {-1, -1, 0, -1, -1}, {-1, -1, -1, 0, -1}, {-1, -1, -1, -1, 0}})));
  EXPECT_TRUE(torch::equal(
      signs(relation_by_label(labels, {}, {.ignore_unlabelled = true})),
      torch::tensor({{0, 1, -1, 0, 0}, {1, 0, -1, 0, 0}, {-1, -1, 0, 0, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}})));
}

TEST(RelationTest, OneIdIsPositiveWhateverTheLabels) {
  const at::Tensor got = signs(relation_by_label(torch::tensor({0, 1, -1, -1}), torch::tensor({7, 7, 9, 9})));
  EXPECT_EQ(got[0][1].item<int64_t>(), 1);
  EXPECT_EQ(got[2][3].item<int64_t>(), 1);
  EXPECT_EQ(got[0][2].item<int64_t>(), -1);
  EXPECT_TRUE(torch::equal(signs(relation_by_id(torch::tensor({1, 2, 1}))),
                           torch::tensor({{0, -1, 1}, {-1, 0, -1}, {1, -1, 0}})));
}

TEST(RelationTest, ScoresWithADeadZone) {
  const double nan = std::nan("");
  const at::Tensor scores = torch::tensor({0.0, 1.0, 3.0, 9.0, nan}, torch::kFloat64);
  EXPECT_TRUE(torch::equal(
      signs(relation_by_score(scores, {}, {.max_delta = 1, .min_negative_delta = 5})),
      torch::tensor(
          {{0, 1, 0, -1, -1}, {1, 0, 0, -1, -1}, {0, 0, 0, -1, -1}, {-1, -1, -1, 0, -1}, {-1, -1, -1, -1, 0}})));
  EXPECT_TRUE(torch::equal(signs(relation_by_score(scores.slice(0, 0, 4), {}, {.max_delta = 2})),
                           torch::tensor({{0, 1, -1, -1}, {1, 0, 1, -1}, {-1, 1, 0, -1}, {-1, -1, -1, 0}})));
  EXPECT_THROW(relation_by_score(scores, {}, {.max_delta = 2, .min_negative_delta = 1}), InvalidArgument);
}

TEST(RelationTest, AnglesWrapAndVectorsUseTheirDistance) {
  const at::Tensor angles = torch::tensor({-170.0, 175.0, 0.0}, torch::kFloat64);
  EXPECT_TRUE(torch::equal(signs(relation_by_score(angles, {}, {.max_delta = 20, .period = 360})),
                           torch::tensor({{0, 1, -1}, {1, 0, -1}, {-1, -1, 0}})));
  const at::Tensor places = torch::tensor({{0.0, 0.0}, {3.0, 4.0}, {30.0, 40.0}}, torch::kFloat64);
  EXPECT_TRUE(torch::equal(signs(relation_by_score(places, {}, {.max_delta = 5})),
                           torch::tensor({{0, 1, -1}, {1, 0, -1}, {-1, -1, 0}})));
}

TEST(RelationTest, ViewsOfOneRowArePositives) {
  LossInputs in{.views = {test::random_rows(2, 3, 1), test::random_rows(2, 3, 2)}};
  const at::Tensor want = torch::tensor({{0, -1, 1, -1}, {-1, 0, -1, 1}, {1, -1, 0, -1}, {-1, 1, -1, 0}});
  EXPECT_TRUE(torch::equal(signs(related_rows(in, {}, "test").relation), want));
  in.labels = torch::tensor({-1, -1});
  EXPECT_TRUE(torch::equal(signs(related_rows(in, {}, "test").relation), want));
  in.labels = torch::tensor({4, 4});
  EXPECT_TRUE(related_rows(in, {}, "test").relation.positive.any(1).all().item<bool>());
  EXPECT_EQ(related_rows(in, {}, "test").x.size(0), 4);
  in.labels = torch::tensor({4, 4, 4});
  EXPECT_THROW(related_rows(in, {}, "test"), InvalidArgument);
}

}  // namespace
}  // namespace kindred
