// SPDX-License-Identifier: Apache-2.0
// Proves: the perplexity asked for is reached; the divergence falls; separated blobs stay
// separated; the same bits twice and on any number of threads; degenerate input.
#include "kindred/eval/tsne.h"

#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

TEST(Tsne, PerplexityIsReached) {
  const auto x = test::normal_rows(150, 10, 2).to(at::kDouble);
  for (const double perplexity : {5.0, 30.0}) {
    std::vector<double> entropy;
    const auto p = tsne_affinities(x, perplexity, &entropy);
    for (const double h : entropy) EXPECT_NEAR(std::exp(h), perplexity, 1e-3);
    double sum = 0;
    for (size_t i = 0; i < 150; ++i) {
      EXPECT_EQ(p[i * 150 + i], 0);
      for (size_t j = 0; j < 150; ++j) {
        sum += static_cast<double>(p[i * 150 + j]);
        EXPECT_EQ(p[i * 150 + j], p[j * 150 + i]);
      }
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

// Share of points whose nearest neighbour in the map has their label.
double agreement(const at::Tensor& map, const at::Tensor& labels) {
  auto distance = at::cdist(map, map);
  distance.fill_diagonal_(1e30);
  return labels.index_select(0, distance.argmin(1)).eq(labels).to(at::kDouble).mean().item<double>();
}

std::vector<double> coordinates(const at::Tensor& map) {
  const auto held = map.t().to(at::kDouble).contiguous();
  return {held.data_ptr<double>(), held.data_ptr<double>() + held.numel()};
}

TEST(Tsne, BlobsStaySeparatedAndTheDivergenceFalls) {
  const auto e = test::blobs(180, 20, 3, 0.3, 3);
  const auto map = tsne(e.rows, {.perplexity = 15});
  EXPECT_EQ(agreement(map, e.labels), 1);
  const auto x = e.rows.to(at::kDouble);
  const auto p = tsne_affinities(x - x.mean(0, true), 15, nullptr);
  const double start = tsne_divergence(p, coordinates(tsne(e.rows, {.perplexity = 15, .iterations = 0})));
  const double half = tsne_divergence(p, coordinates(tsne(e.rows, {.perplexity = 15, .iterations = 200})));
  const double end = tsne_divergence(p, coordinates(map));
  EXPECT_LT(half, start / 2);
  EXPECT_LE(end, half + 1e-6);
  // A map of the three blobs as three points far apart has what the spread inside a blob costs: under 1 nat.
  EXPECT_LT(end, 1);
}

TEST(Tsne, SameBitsTwiceAndOnAnyNumberOfThreads) {
  const auto rows = test::normal_rows(101, 8, 4);
  const auto run = [&] { return tsne(rows, {.iterations = 60, .seed = 3}); };
  const auto one = test::with_threads(1, run), two = test::with_threads(2, run), three = test::with_threads(3, run);
  EXPECT_TRUE(at::equal(one, two));
  EXPECT_TRUE(at::equal(one, three));
  EXPECT_FALSE(at::equal(one, tsne(rows, {.iterations = 60, .seed = 4})));
}

TEST(Tsne, DegenerateInput) {
  for (const int64_t n : {0, 1, 2, 3, 4, 5}) {
    const auto map = tsne(test::normal_rows(n, 3, 5));
    EXPECT_EQ(map.size(0), n);
    EXPECT_EQ(map.size(1), 2);
    EXPECT_TRUE(at::isfinite(map).all().item<bool>());
  }
  EXPECT_TRUE(at::isfinite(tsne(at::ones({50, 4}), {.iterations = 100})).all().item<bool>());  // all duplicates
  EXPECT_TRUE(at::isfinite(tsne(test::normal_rows(50, 1, 6) * 1e15, {.iterations = 100})).all().item<bool>());
  EXPECT_THROW(tsne(at::ones({5})), InvalidArgument);
  EXPECT_THROW(tsne(at::full({9, 2}, std::nan(""))), InvalidArgument);
  EXPECT_THROW(tsne(at::ones({9, 2}), {.perplexity = 1}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
