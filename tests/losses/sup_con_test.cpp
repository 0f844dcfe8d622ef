// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of both variants and of the authors' conventions; anchors without positives; the floor of many
// positives; semi-supervised relations.
#include "kindred/losses/sup_con.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

test::VectorLoss sup_con_with(const SupConOptions& o) {
  return [o](const test::Tensors& x) { return sup_con(x.at("x"), x.at("lab"), o); };
}

TEST(SupCon, SharedVectors) {
  test::expect_vector("supcon.json", "two_two_tau0.1", sup_con_with({.temperature = 0.1}));
  test::expect_vector("supcon.json", "three_one", sup_con_with({.temperature = 0.5}));
  test::expect_vector("supcon.json", "variant_in", sup_con_with({.temperature = 0.5, .variant = "in"}));
  test::expect_vector("supcon.json", "supcontrast_base_temperature",
                      sup_con_with({.temperature = 0.1, .base_temperature = 0.07}));
  test::expect_vector("supcon.json", "supcontrast_head_counts_empty_anchor",
                      sup_con_with({.temperature = 0.07, .base_temperature = 0.07, .count_empty = true}));
  test::expect_vector("supcon.json", "skip_not_counted_tau0.07", sup_con_with({.temperature = 0.07}));
}

TEST(SupCon, IsItsDefinition) {
  const at::Tensor x = test::random_rows(7, 4, 1);
  const std::vector<int> y{0, 1, 0, 2, 1, 0, 3};
  const auto rows = test::rows_of(x);
  const double t = 0.2;
  double sum = 0, anchors = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    std::vector<double> all, near;
    for (size_t a = 0; a < y.size(); ++a) {
      if (a == i) continue;
      all.push_back(test::cosine(rows[i], rows[a]) / t);
      if (y[a] == y[i]) near.push_back(all.back());
    }
    if (near.empty()) continue;
    double mean = 0;
    for (const double s : near) mean += s / static_cast<double>(near.size());
    sum += test::lse(all) - mean, ++anchors;
  }
  EXPECT_NEAR(sup_con(x, torch::tensor(y), {.temperature = t}).item<double>(), sum / anchors, 1e-12);
}

TEST(SupCon, ByLabelAndIdIsItsRelation) {
  const at::Tensor x = test::random_rows(8, 4, 3);
  const at::Tensor labels = torch::tensor(std::vector<int64_t>{0, 1, kNoLabel, 2, 0, 1, kNoLabel, 2});
  const at::Tensor ids = torch::tensor({0, 1, 2, 3, 0, 1, 2, 4}, at::kLong);
  const at::Tensor other =
      torch::tensor({0, 0, 2, 3, 1, 1, 2, 4}, at::kLong);  // id 0 has two labels: no division into groups
  for (const at::Tensor& each : {ids, other})
    EXPECT_NEAR(sup_con(x, labels, each, {.temperature = 0.2}).item<double>(),
                sup_con(x, relation_by_label(labels, each), {.temperature = 0.2}).item<double>(), 1e-12);
  EXPECT_EQ(groups_by_label(labels, torch::tensor({0, 0, 2, 3, 1, 1, 2, 4}, at::kLong)).defined(), false);
}

// V views of each instance and no other labels: the mean over ordered pairs of views of the softmax loss that takes the one for
// anchors, the other for positives, and all V n - 1 other rows below the line.
TEST(SupCon, OfManyViewsIsTheMeanOverPairsOfThem) {
  constexpr size_t kViews = 3, kInstances = 4;
  const at::Tensor x = test::random_rows(kViews * kInstances, 5, 9);
  const auto rows = test::rows_of(x);
  const auto logit = [&](size_t i, size_t a) { return test::cosine(rows[i], rows[a]) / 0.2; };
  double sum = 0;
  for (size_t v = 0; v < kViews; ++v)
    for (size_t w = 0; w < kViews; ++w)
      for (size_t i = 0; i < kInstances && w != v; ++i) {
        std::vector<double> below;
        for (size_t a = 0; a < rows.size(); ++a)
          if (a != v * kInstances + i) below.push_back(logit(v * kInstances + i, a));
        sum += (test::lse(below) - logit(v * kInstances + i, w * kInstances + i)) / kInstances;
      }
  const at::Tensor instances = torch::arange(static_cast<int64_t>(kInstances)).repeat({kViews});
  EXPECT_NEAR(sup_con(x, instances, {.temperature = 0.2}).item<double>(), sum / (kViews * (kViews - 1)), 1e-12);
}

TEST(SupCon, EqualRowsOfOneClassCompeteAmongThemselves) {
  const at::Tensor x = torch::ones({5, 3}, torch::kFloat64);
  EXPECT_NEAR(sup_con(x, torch::zeros({5}, torch::kLong)).item<double>(), std::log(4), 1e-12);
}

TEST(SupCon, UnlabelledRowsAreLikeNoOtherButTheirViews) {
  const at::Tensor x = test::random_rows(6, 3, 2);
  const at::Tensor labels = torch::tensor({1, -1, -1, 1, -1, -1}), ids = torch::tensor({0, 1, 2, 0, 1, 2});
  const at::Tensor instances = torch::tensor({0, 1, 2, 0, 1, 2});
  EXPECT_NEAR(sup_con(x, relation_by_label(labels, ids)).item<double>(), sup_con(x, instances).item<double>(), 1e-12);
}

TEST(SupCon, IgnoredPairsStandNowhere) {
  const at::Tensor x = test::random_rows(4, 3, 3);
  Relation relation = relation_by_label(torch::tensor({0, 0, 1, 1}), {});
  relation.negative.fill_(false);
  EXPECT_NEAR(sup_con(x, relation).item<double>(), 0, 1e-12);  // one positive, nothing else below the line
}

}  // namespace
}  // namespace kindred
