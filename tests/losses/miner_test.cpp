// SPDX-License-Identifier: Apache-2.0
// Proves: each miner against loops; typed lists; ties; that distance-weighted draws follow the published density and seeds.
#include "kindred/losses/miner.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/distance.h"
#include "kindred/losses/relation.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

struct Mined {
  at::Tensor x, far;
  Relation relation;
  std::vector<int> y;
  test::Rows d;
};
Mined setting(uint64_t seed, const std::vector<int>& y) {
  const at::Tensor x = test::random_rows(static_cast<int64_t>(y.size()), 3, seed);
  const at::Tensor far = pairwise(Distance::kEuclidean, x, x);
  return {x, far, relation_by_label(torch::tensor(y), {}), y, test::rows_of(far)};
}
const std::vector<int> kLabels{0, 1, 0, 1, 2, 0, 2, 3, 1, 0};

using Triple = std::array<int64_t, 3>;
std::vector<Triple> sorted(const Triplets& t) {
  std::vector<Triple> out;
  for (int64_t i = 0; i < t.anchor.size(0); ++i)
    out.push_back({t.anchor[i].item<int64_t>(), t.positive[i].item<int64_t>(), t.negative[i].item<int64_t>()});
  std::sort(out.begin(), out.end());
  return out;
}

// For each (a, p): the negatives that choose(a, p) keeps.
template <class Choose>
std::vector<Triple> by_loops(const Mined& s, const Choose& choose) {
  std::vector<Triple> out;
  for (size_t a = 0; a < s.y.size(); ++a)
    for (size_t p = 0; p < s.y.size(); ++p)
      if (a != p && s.y[a] == s.y[p])
        for (const size_t n : choose(a, p))
          out.push_back({static_cast<int64_t>(a), static_cast<int64_t>(p), static_cast<int64_t>(n)});
  return out;
}
std::vector<size_t> negatives(const Mined& s, size_t a) {
  std::vector<size_t> out;
  for (size_t n = 0; n < s.y.size(); ++n)
    if (s.y[n] != s.y[a]) out.push_back(n);
  return out;
}

TEST(Miner, AllTriplets) {
  const Mined s = setting(1, kLabels);
  EXPECT_EQ(sorted(mine_triplets(s.x, s.far, s.relation, {})),
            by_loops(s, [&](size_t a, size_t) { return negatives(s, a); }));
}

TEST(Miner, SemiHard) {
  const Mined s = setting(2, kLabels);
  const auto nearest_beyond = [&](size_t a, size_t p) {
    size_t best = s.y.size(), far = s.y.size();
    for (const size_t n : negatives(s, a)) {
      if (s.d[a][n] > s.d[a][p] && (best == s.y.size() || s.d[a][n] < s.d[a][best])) best = n;
      if (far == s.y.size() || s.d[a][n] > s.d[a][far]) far = n;
    }
    return std::vector<size_t>{best == s.y.size() ? far : best};
  };
  EXPECT_EQ(sorted(mine_triplets(s.x, s.far, s.relation, {.kind = "semi_hard"})), by_loops(s, nearest_beyond));
  const auto band = [&](size_t a, size_t p) {
    std::vector<size_t> out;
    for (const size_t n : negatives(s, a))
      if (s.d[a][n] > s.d[a][p] && s.d[a][n] < s.d[a][p] + 0.6) out.push_back(n);
    return out;
  };
  EXPECT_EQ(sorted(mine_triplets(s.x, s.far, s.relation, {.kind = "semi_hard_all", .margin = 0.6})), by_loops(s, band));
}

TEST(Miner, HardAndEasyPositive) {
  const Mined s = setting(3, kLabels);
  for (const bool hard : {true, false}) {
    std::vector<Triple> want;
    for (size_t a = 0; a < s.y.size(); ++a) {
      int64_t p = -1, n = -1;
      for (size_t j = 0; j < s.y.size(); ++j) {
        if (j == a) continue;
        int64_t& slot = s.y[j] == s.y[a] ? p : n;
        const bool farther = slot < 0 || s.d[a][j] > s.d[a][static_cast<size_t>(slot)];
        const bool nearer = slot < 0 || s.d[a][j] < s.d[a][static_cast<size_t>(slot)];
        if (s.y[j] == s.y[a] && hard ? farther : nearer) slot = static_cast<int64_t>(j);
      }
      if (p >= 0 && n >= 0) want.push_back({static_cast<int64_t>(a), p, n});
    }
    const std::string kind = hard ? "hard" : "easy_positive";
    EXPECT_EQ(sorted(mine_triplets(s.x, s.far, s.relation, {.kind = kind})), want);
    const MinedPairs pairs = mine_pairs(s.x, s.far, s.relation, {.kind = kind});
    EXPECT_EQ(pairs.positive.anchor.size(0), static_cast<int64_t>(want.size()));  // row 7 has no positive ...
    EXPECT_EQ(pairs.negative.anchor.size(0), static_cast<int64_t>(s.y.size()));   // ... but a negative
  }
}

TEST(Miner, TiesGoToTheLowestIndex) {
  const at::Tensor x = torch::ones({4, 2}, torch::kFloat64), far = torch::zeros({4, 4}, torch::kFloat64);
  const Relation relation = relation_by_label(torch::tensor({0, 0, 1, 1}), {});
  EXPECT_EQ(sorted(mine_triplets(x, far, relation, {.kind = "hard"})),
            (std::vector<Triple>{{0, 1, 2}, {1, 0, 2}, {2, 3, 0}, {3, 2, 0}}));
}

TEST(Miner, MultiSimilarity) {
  const Mined s = setting(4, kLabels);
  const Relation got = mine(s.x, s.far, s.relation, {.kind = "multi_similarity", .epsilon = 0.3});
  for (size_t a = 0; a < s.y.size(); ++a) {
    double far_positive = -1e9, near_negative = 1e9;
    for (size_t j = 0; j < s.y.size(); ++j) {
      if (j == a) continue;
      if (s.y[j] == s.y[a]) far_positive = std::max(far_positive, s.d[a][j]);
      else near_negative = std::min(near_negative, s.d[a][j]);
    }
    for (size_t j = 0; j < s.y.size(); ++j) {
      const bool alike = j != a && s.y[j] == s.y[a], apart = s.y[j] != s.y[a];
      const auto i = static_cast<int64_t>(a), k = static_cast<int64_t>(j);
      EXPECT_EQ(got.positive[i][k].item<bool>(), alike && s.d[a][j] > near_negative - 0.3);
      EXPECT_EQ(got.negative[i][k].item<bool>(), apart && s.d[a][j] < far_positive + 0.3);
    }
  }
}

// One anchor, one positive, three negatives at distances 0.6, 1.0 and 1.3 on the sphere of R^4: drawn with weight 1 / q(d),
// q(d) = d^(n-2) (1 - d^2/4)^((n-3)/2); a fourth at 1.5 never.
TEST(Miner, DistanceWeightedFollowsTheDensity) {
  std::vector<double> at{0, 0.3, 0.6, 1.0, 1.3, 1.5};
  at::Tensor x = torch::zeros({6, 4}, torch::kFloat64);
  for (size_t i = 0; i < at.size(); ++i) {
    const double c = 1 - at[i] * at[i] / 2;
    x[static_cast<int64_t>(i)][0] = c;
    x[static_cast<int64_t>(i)][1] = std::sqrt(1 - c * c);
  }
  const Relation relation = relation_by_label(torch::tensor({0, 0, 1, 2, 3, 4}), {});
  const at::Tensor far = pairwise(Distance::kEuclidean, x, x);
  std::array<double, 6> count{};
  constexpr uint64_t kDraws = 4000;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    const Triplets t = mine_triplets(x, far, relation, {.kind = "distance_weighted"}, seed);
    for (int64_t i = 0; i < t.anchor.size(0); ++i)
      if (t.anchor[i].item<int64_t>() == 0) ++count[static_cast<size_t>(t.negative[i].item<int64_t>())];
  }
  std::array<double, 6> weight{};
  double sum = 0;
  for (const size_t j : {2UL, 3UL, 4UL}) sum += weight[j] = 1 / (at[j] * at[j] * std::sqrt(1 - at[j] * at[j] / 4));
  for (const size_t j : {2UL, 3UL, 4UL}) {
    const double p = weight[j] / sum;
    EXPECT_NEAR(count[j] / kDraws, p, 5 * std::sqrt(p * (1 - p) / kDraws)) << j;  // five standard errors
  }
  EXPECT_EQ(count[5], 0);
  EXPECT_EQ(sorted(mine_triplets(x, far, relation, {.kind = "distance_weighted"}, 9)),
            sorted(mine_triplets(x, far, relation, {.kind = "distance_weighted"}, 9)));
}

TEST(Miner, PairsAreThoseOfTheTriplets) {
  const Mined s = setting(5, kLabels);
  const Triplets t = mine_triplets(s.x, s.far, s.relation, {.kind = "semi_hard"});
  const Relation masks = mine(s.x, s.far, s.relation, {.kind = "semi_hard"});
  for (int64_t i = 0; i < t.anchor.size(0); ++i) {
    EXPECT_TRUE(masks.positive[t.anchor[i]][t.positive[i]].item<bool>());
    EXPECT_TRUE(masks.negative[t.anchor[i]][t.negative[i]].item<bool>());
  }
  EXPECT_LE(masks.negative.sum().item<int64_t>(), t.anchor.size(0));
}

TEST(Miner, EmptyRelationsGiveEmptyLists) {
  const at::Tensor x = test::random_rows(3, 2, 6), far = pairwise(Distance::kEuclidean, x, x);
  const Relation none = relation_by_label(torch::arange(3), {});
  for (const auto* kind :
       {"all", "hard", "semi_hard", "semi_hard_all", "easy_positive", "distance_weighted", "multi_similarity"})
    EXPECT_EQ(mine_triplets(x, far, none, {.kind = kind}).anchor.size(0), 0) << kind;
}

}  // namespace
}  // namespace kindred
