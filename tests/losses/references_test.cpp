// SPDX-License-Identifier: Apache-2.0
// References, the older rows that a batch is held against. Proves: who is what to whom, by hand; that each of the nine losses
// on pairs gives what it gives where those rows are in the batch but anchors of nothing (square masks with empty rows), with
// every miner; sup_con and triplet by loops; that gradients are those of differences and none reaches a reference; refusals.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <string>

#include "kindred/core/error.h"
#include "kindred/losses/binary_nce.h"
#include "kindred/losses/circle.h"
#include "kindred/losses/cosine_embedding.h"
#include "kindred/losses/lifted_structure.h"
#include "kindred/losses/multi_similarity.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/pair.h"
#include "kindred/losses/registry.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/sup_con.h"
#include "kindred/losses/triplet.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

constexpr int64_t kAnchors = 6, kOlder = 9;

// Classes 0, 1, 2; the references' rows 0 and 5 are of samples of the batch.
LossInputs with_older_rows() {
  return {.views = {test::random_rows(kAnchors, 4, 31)},
          .labels = torch::arange(kAnchors).remainder(3),
          .ids = torch::arange(kAnchors),
          .references = {.rows = test::random_rows(kOlder, 4, 32),
                         .labels = torch::arange(kOlder).remainder(3),
                         .ids = torch::tensor({0, 11, 12, 13, 14, 2, 16, 17, 18})}};
}

// The same pairs, each reference an anchor without any.
RelatedRows squared(const RelatedRows& rows) {
  const auto padded = [](const at::Tensor& mask) {
    return torch::cat({mask, torch::zeros({mask.size(1) - mask.size(0), mask.size(1)}, torch::kBool)});
  };
  return {rows.x, {padded(rows.relation.positive), padded(rows.relation.negative)}};
}

using OfRows = std::function<at::Tensor(const RelatedRows&, const std::string& miner)>;
const std::map<std::string, OfRows>& losses_on_pairs() {
  static const std::map<std::string, OfRows> losses{
      {"binary_nce", [](const RelatedRows& r,
                        const std::string& m) { return binary_nce(r.x, r.relation, {.miner = {.kind = m}}, 3); }},
      {"circle", [](const RelatedRows& r, const std::string&) { return circle(r.x, r.relation, {}); }},
      {"cosine_embedding",
       [](const RelatedRows& r, const std::string& m) {
         return cosine_embedding(r.x, r.relation, {.miner = {.kind = m}}, 3);
       }},
      {"lifted_structure",
       [](const RelatedRows& r, const std::string&) { return lifted_structure(r.x, r.relation, {}); }},
      {"multi_similarity",
       [](const RelatedRows& r, const std::string& m) {
         // Its mean is over all anchors, those of nothing too.
         const double share = static_cast<double>(r.relation.positive.size(0)) / static_cast<double>(kAnchors);
         MultiSimilarityOptions options;
         options.miner.kind = m;
         return share * multi_similarity(r.x, r.relation, options, 3);
       }},
      {"nt_xent", [](const RelatedRows& r, const std::string&) { return nt_xent_pairs(r.x, r.relation, {}); }},
      {"pair",
       [](const RelatedRows& r, const std::string& m) {
         PairOptions options;
         options.miner.kind = m;
         options.margin = 3;
         return pair(r.x, r.relation, options, 3);
       }},
      {"sup_con", [](const RelatedRows& r, const std::string&) { return sup_con(r.x, r.relation, {}); }},
      {"triplet",
       [](const RelatedRows& r, const std::string& m) {
         TripletOptions options;
         options.miner.kind = m;
         return triplet(r.x, r.relation, options, 3);
       }},
  };
  return losses;
}

const std::vector<std::string> kMiners{
    "all", "hard", "semi_hard", "semi_hard_all", "easy_positive", "distance_weighted", "multi_similarity"};

TEST(ReferencesTest, PairsByHand) {
  LossInputs in{
      .views = {test::random_rows(3, 2, 1)}, .labels = torch::tensor({0, 1, -1}), .ids = torch::tensor({7, 8, 9})};
  in.references = {test::random_rows(4, 2, 2), torch::tensor({0, 0, 1, -1}), torch::tensor({7, 1, 2, 9})};
  const RelatedRows rows = related_rows(in, {}, "test");
  EXPECT_EQ(rows.x.size(0), 7);
  // The batch as ever, then the references: of one id, nothing; of one class, positive; all else negative.
  EXPECT_TRUE(
      torch::equal(rows.relation.positive.to(torch::kLong) - rows.relation.negative.to(torch::kLong),
                   torch::tensor({{0, -1, -1, 0, 1, -1, -1}, {-1, 0, -1, -1, -1, 1, -1}, {-1, -1, 0, -1, -1, -1, 0}})));
  const Relation ignored = related_rows(in, {.ignore_unlabelled = true}, "test").relation;
  EXPECT_TRUE(torch::equal(ignored.positive, rows.relation.positive));
  EXPECT_TRUE(torch::equal(
      ignored.negative.narrow(1, 3, 4),
      torch::tensor({{false, false, true, false}, {true, true, false, false}, {false, false, false, false}})));
}

TEST(ReferencesTest, AreRowsOfTheBatchThatAreAnchorsOfNothing) {
  const RelatedRows rows = related_rows(with_older_rows(), {}, "test"), square = squared(rows);
  ASSERT_EQ(rows.relation.positive.sizes(), (std::vector<int64_t>{kAnchors, kAnchors + kOlder}));
  for (const auto& [name, loss] : losses_on_pairs())
    for (const auto& miner : kMiners) {
      const auto leaf = [](const at::Tensor& x) { return x.detach().clone().requires_grad_(); };
      const at::Tensor a = leaf(rows.x), b = leaf(rows.x);
      const at::Tensor got = loss({a, rows.relation}, miner), want = loss({b, square.relation}, miner);
      EXPECT_GT(want.item<double>(), 0) << name << " " << miner;
      EXPECT_NEAR(got.item<double>(), want.item<double>(), 1e-12) << name << " " << miner;
      got.backward(), want.backward();
      EXPECT_LT((a.grad() - b.grad()).abs().max().item<double>(), 1e-12) << name << " " << miner;
    }
}

TEST(ReferencesTest, TheNineAreAllThatTakeThem) {
  std::vector<std::string> names;
  for (const auto& [name, loss] : losses_on_pairs()) names.push_back(name);
  std::vector<std::string> related;
  for (const auto& row : loss_rows())
    if (row.needs.find("scores") != std::string_view::npos) related.emplace_back(row.name);
  EXPECT_EQ(names, related);
}

TEST(ReferencesTest, SupConByLoops) {
  const LossInputs in = with_older_rows();
  const auto batch = test::rows_of(in.views[0]), older = test::rows_of(in.references.rows);
  double sum = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    std::vector<double> below, near;
    const auto meets = [&](const std::vector<double>& row, bool alike) {
      below.push_back(test::cosine(batch[i], row) / 0.2);
      if (alike) near.push_back(below.back());
    };
    for (size_t j = 0; j < batch.size(); ++j)
      if (j != i) meets(batch[j], j % 3 == i % 3);
    for (size_t j = 0; j < older.size(); ++j)
      if (in.references.ids[static_cast<int64_t>(j)].item<int64_t>() != static_cast<int64_t>(i))
        meets(older[j], j % 3 == i % 3);
    double mean = 0;
    for (const double s : near) mean += s / static_cast<double>(near.size());
    sum += (test::lse(below) - mean) / static_cast<double>(batch.size());
  }
  const auto recipe = find_loss("sup_con").recipe();
  *std::get<double*>(find_field(recipe->fields(), "temperature")->value) = 0.2;
  EXPECT_NEAR(recipe->make(in).item<double>(), sum, 1e-12);
}

TEST(ReferencesTest, GradientsAreThoseOfDifferencesAndReachNoReference) {
  for (const auto& [name, ignored] : losses_on_pairs()) {
    if (name == "circle") continue;  // its weights carry no gradient
    const auto recipe = find_loss(name).recipe();
    LossInputs in = with_older_rows();
    const auto f = [&](const std::vector<at::Tensor>& x) {
      in.views = {x[0]};
      return recipe->make(in);
    };
    test::expect_gradients(f, {in.views[0]}, name);
    LossInputs leaves = with_older_rows();
    leaves.references.rows.requires_grad_();
    leaves.views[0].requires_grad_();
    recipe->make(leaves).backward();
    EXPECT_FALSE(leaves.references.rows.grad().defined()) << name;
    EXPECT_GT(leaves.views[0].grad().abs().max().item<double>(), 1e-6) << name;
  }
}

TEST(ReferencesTest, Refusals) {
  const auto message = [](const LossInputs& in) -> std::string {
    try {
      find_loss("triplet").recipe()->make(in);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  LossInputs in = with_older_rows();
  in.labels.reset();
  EXPECT_EQ(message(in), "triplet: expected labels beside references, got none");
  in = with_older_rows();
  in.references.labels.reset();
  EXPECT_EQ(message(in), "triplet: expected labels of the references, got none");
  in = with_older_rows();
  in.references.rows = torch::ones({kOlder, 5}, torch::kDouble);
  EXPECT_EQ(message(in), "triplet: expected references with as many columns as view (4), got 5");
}

}  // namespace
}  // namespace kindred
