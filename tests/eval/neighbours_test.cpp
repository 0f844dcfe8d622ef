// SPDX-License-Identifier: Apache-2.0
// Proves: nearest_neighbours() equals a double loop in float64, index for index, and does not depend on tiles or threads;
// ties, exclusion, short corpora, zero rows, huge and tiny rows, bad input.
#include "kindred/eval/neighbours.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "kindred/core/error.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

using test::normal_rows;

// Every pair in float64, rounded to float32, sorted: best first, then by index.
Neighbours slow_neighbours(const at::Tensor& queries, const at::Tensor& corpus, int64_t k,
                           const at::Tensor& query_ids = {}, const at::Tensor& corpus_ids = {}) {
  const auto q = queries.to(at::kDouble).contiguous(), c = corpus.to(at::kDouble).contiguous();
  const int64_t d = q.size(1);
  Neighbours out{at::full({q.size(0), k}, -1, at::kLong),
                 at::full({q.size(0), k}, -std::numeric_limits<float>::infinity(), at::kFloat)};
  for (int64_t i = 0; i < q.size(0); ++i) {
    std::vector<std::pair<float, int64_t>> all;
    for (int64_t j = 0; j < c.size(0); ++j) {
      if (query_ids.defined() && query_ids[i].item<int64_t>() == corpus_ids[j].item<int64_t>()) continue;
      double dot = 0, a = 0, b = 0;
      for (int64_t l = 0; l < d; ++l) {
        const double x = q.data_ptr<double>()[i * d + l], y = c.data_ptr<double>()[j * d + l];
        dot += x * y, a += x * x, b += y * y;
      }
      all.emplace_back(static_cast<float>(a > 0 && b > 0 ? dot / (std::sqrt(a) * std::sqrt(b)) : 0), j);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& x, const auto& y) { return x.first > y.first; });
    for (int64_t j = 0; j < std::min<int64_t>(k, static_cast<int64_t>(all.size())); ++j) {
      out.similarity[i][j] = all[static_cast<size_t>(j)].first;
      out.index[i][j] = all[static_cast<size_t>(j)].second;
    }
  }
  return out;
}

void expect_same(const Neighbours& a, const Neighbours& b) {
  EXPECT_TRUE(at::equal(a.index, b.index));
  EXPECT_TRUE(at::equal(a.similarity, b.similarity));
}

TEST(NearestNeighbours, EqualsTheSlowLoop) {
  for (const int64_t d : {1, 3, 8, 33}) {
    const auto queries = normal_rows(23, d, 1), corpus = normal_rows(157, d, 2);
    for (const int64_t k : {1, 5, 157, 200}) {
      const auto found = nearest_neighbours(queries, corpus, k), slow = slow_neighbours(queries, corpus, k);
      // One dimension: every cosine is 1 or -1, all order comes from ties.
      EXPECT_TRUE(at::equal(found.index, slow.index)) << "d " << d << " k " << k;
      // One rounding to float32 after two different orders of summation in float64.
      EXPECT_TRUE(at::allclose(found.similarity, slow.similarity, 1e-7, 1e-7)) << "d " << d << " k " << k;
    }
  }
}

TEST(NearestNeighbours, SharedVectorRanking) {
  const auto item = test::golden_case("vectors/retrieval_and_probe.json", "five_gallery_two_queries");
  const auto found =
      nearest_neighbours(test::rows_of(item["inputs"]["queries"]), test::rows_of(item["inputs"]["gallery"]), 5);
  for (int64_t q = 0; q < 2; ++q)
    for (int64_t i = 0; i < 5; ++i)
      EXPECT_EQ(found.index[q][i].item<int64_t>(),
                item["expected_value"]["ranking"].at(static_cast<size_t>(q)).at(static_cast<size_t>(i)).get<int64_t>());
}

TEST(NearestNeighbours, ScikitLearnAgrees) {
  const auto item = test::golden_json("eval_oracles.json").at("knn");
  const auto found = nearest_neighbours(test::rows_of(item["queries"]), test::rows_of(item["x"]), 9);
  EXPECT_TRUE(at::equal(found.index, test::rows_of(item["neighbours"], at::kLong)));
  EXPECT_TRUE(at::allclose(found.similarity, test::rows_of(item["similarity"]), 1e-6, 1e-6));
}

TEST(NearestNeighbours, TilesAndThreadsDoNotMatter) {
  const auto queries = normal_rows(70, 48, 3);
  // Near-duplicates: many cosines differ by less than a float32 product can tell.
  const auto corpus = at::cat({normal_rows(300, 48, 4), queries.narrow(0, 0, 40) + 1e-5 * normal_rows(40, 48, 5),
                               queries.narrow(0, 0, 40), queries.narrow(0, 0, 40) * 3});
  const auto expected = slow_neighbours(queries, corpus, 7);
  const auto base = nearest_neighbours(queries, corpus, 7);
  EXPECT_TRUE(at::equal(base.index, expected.index));
  for (const int threads : {1, 2, 3})
    for (const NeighbourTiles tiles : {NeighbourTiles{0, 1024}, NeighbourTiles{1, 1}, NeighbourTiles{7, 33},
                                       NeighbourTiles{64, 128}, NeighbourTiles{100, 31}})
      expect_same(
          test::with_threads(threads, [&] { return nearest_neighbours_tiled(queries, corpus, 7, {}, {}, tiles); }),
          base);
}

TEST(NearestNeighbours, TiesGoToTheLowerIndex) {
  const auto row = normal_rows(1, 16, 6);
  const auto corpus = at::cat({normal_rows(3, 16, 7), row.expand({2000, 16})});
  const auto found = nearest_neighbours(row, corpus, 4);
  EXPECT_TRUE(at::equal(found.index, at::tensor({3, 4, 5, 6}, at::kLong).unsqueeze(0)));
  EXPECT_TRUE(at::equal(found.similarity, at::ones({1, 4})));
}

TEST(NearestNeighbours, LeavesOutIds) {
  const auto rows = normal_rows(90, 12, 8);
  const auto ids = at::arange(90, at::kLong) * 7 % 45;  // each id twice
  expect_same(nearest_neighbours(rows, rows, 6, ids, ids), slow_neighbours(rows, rows, 6, ids, ids));
  const auto alone =
      nearest_neighbours(rows.narrow(0, 0, 1), rows.narrow(0, 0, 1), 2, ids.narrow(0, 0, 1), ids.narrow(0, 0, 1));
  EXPECT_TRUE(at::equal(alone.index, at::full({1, 2}, -1, at::kLong)));
  EXPECT_EQ(alone.similarity[0][0].item<float>(), -std::numeric_limits<float>::infinity());
}

TEST(NearestNeighbours, ShortAndEmptyCorpora) {
  const auto found = nearest_neighbours(normal_rows(2, 4, 9), normal_rows(3, 4, 10), 5);
  EXPECT_EQ(found.index.size(1), 5);
  EXPECT_EQ(found.index[0][3].item<int64_t>(), -1);
  EXPECT_GE(found.index[0][2].item<int64_t>(), 0);
  EXPECT_EQ(nearest_neighbours(at::empty({0, 4}), normal_rows(3, 4, 10), 5).index.size(0), 0);
  EXPECT_EQ(nearest_neighbours(normal_rows(2, 4, 9), at::empty({0, 4}), 5).index[1][0].item<int64_t>(), -1);
}

TEST(NearestNeighbours, ZeroHugeAndTinyRows) {
  const auto rows = normal_rows(50, 8, 11);
  auto scaled = rows.clone();
  scaled.select(0, 0).zero_();
  const auto expected = nearest_neighbours(rows, scaled, 50);
  EXPECT_TRUE(
      ((expected.index == 0) * (expected.similarity == 0)).sum(1).eq(1).all().item<bool>());  // cosine 0 with all
  // Cosines know no length: squares of these overflow and underflow float32. Powers of two keep every bit.
  for (const double scale : {0x1p100, 0x1p-100})
    expect_same(nearest_neighbours(rows * scale, scaled * scale, 50), expected);
}

TEST(NearestNeighbours, BadInputIsNamed) {
  const auto rows = normal_rows(5, 4, 12);
  auto bad = rows.clone();
  bad[3][1] = std::numeric_limits<float>::quiet_NaN();
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const InvalidArgument& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(message([&] { nearest_neighbours(rows, bad, 2); }), testing::HasSubstr("row 3"));
  EXPECT_THAT(message([&] { nearest_neighbours(bad, rows, 2); }), testing::HasSubstr("queries"));
  EXPECT_THAT(message([&] { nearest_neighbours(rows, rows, 0); }), testing::HasSubstr("k >= 1"));
  EXPECT_THAT(message([&] { nearest_neighbours(rows, normal_rows(5, 3, 1), 1); }), testing::HasSubstr("4 and 3"));
  EXPECT_THAT(message([&] { nearest_neighbours(rows, rows, 1, at::arange(5), {}); }), testing::HasSubstr("ids"));
  EXPECT_THAT(message([&] { nearest_neighbours(rows, rows, 1, at::arange(4), at::arange(5)); }),
              testing::HasSubstr("query"));
  EXPECT_THAT(message([&] { nearest_neighbours(rows[0], rows, 1); }), testing::HasSubstr("[N, D]"));
}

}  // namespace
}  // namespace kindred
