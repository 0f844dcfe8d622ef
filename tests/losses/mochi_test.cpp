// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector through its own mixing; that mixtures come from the hardest, lean to the negative and carry no gradient; streams by query.
#include "kindred/losses/mochi.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/info_nce.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Mochi, SharedVector) {
  test::expect_vector("mochi.json", "one_query", [](const test::Tensors& x) {
    const at::Tensor& n = x.at("negs");
    const at::Tensor q = x.at("q_").detach();
    const auto weight = [&](double w) { return torch::full({1}, w, q.options()); };
    const at::Tensor first = mixed_rows(n.slice(0, 0, 1), n.slice(0, 1, 2), weight(0.3));
    const at::Tensor second = mixed_rows(q, n.slice(0, 0, 1), weight(0.4));
    EXPECT_TRUE(torch::allclose(torch::cat({first, second}), n.slice(0, 2, 4), 1e-6, 1e-6));
    return info_nce({.query = x.at("q_"),
                     .key = x.at("k"),
                     .queue = n.slice(0, 0, 2),
                     .negatives = torch::cat({first, second}).unsqueeze(0)},
                    {.temperature = 0.2});
  });
}

TEST(Mochi, MixturesOfTheHardest) {
  const at::Tensor q = test::random_rows(3, 2, 1), queue = test::random_rows(20, 2, 2);
  const MochiOptions options{.hardest = 2, .mixed = 50, .mixed_query = 40};
  const at::Tensor made = mochi_negatives(q, queue, 7, options);
  ASSERT_EQ(made.sizes(), (std::vector<int64_t>{3, 90, 2}));
  EXPECT_TRUE(torch::allclose(made.norm(2, -1), torch::ones({3, 90}, torch::kFloat64)));
  const auto rows = test::rows_of(queue), queries = test::rows_of(q);
  for (size_t i = 0; i < 3; ++i) {
    auto order = rows;
    std::sort(order.begin(), order.end(),
              [&](const auto& a, const auto& b) { return test::cosine(queries[i], a) > test::cosine(queries[i], b); });
    // In the plane a mixture lies between its two ends: no farther from either than they are from each other.
    const auto h = test::rows_of(made[static_cast<int64_t>(i)]);
    const double ends = test::cosine(order[0], order[1]);
    for (size_t j = 0; j < 50; ++j) {
      EXPECT_GE(test::cosine(h[j], order[0]), ends - 1e-9);
      EXPECT_GE(test::cosine(h[j], order[1]), ends - 1e-9);
    }
    for (size_t j = 50; j < 90; ++j) {  // nearer to one of the two negatives than to the query
      const double to_negative = std::max(test::cosine(h[j], order[0]), test::cosine(h[j], order[1]));
      EXPECT_GE(to_negative, test::cosine(h[j], queries[i]) - 1e-9);
    }
  }
}

TEST(Mochi, AQuerysDrawsAreItsOwn) {
  const at::Tensor q = test::random_rows(4, 3, 3), queue = test::random_rows(9, 3, 4);
  const MochiOptions options{.hardest = 5, .mixed = 3, .mixed_query = 2};
  const at::Tensor all = mochi_negatives(q, queue, 1, options);
  EXPECT_TRUE(torch::allclose(all.slice(0, 0, 2), mochi_negatives(q.slice(0, 0, 2), queue, 1, options)));
  EXPECT_FALSE(torch::allclose(all, mochi_negatives(q, queue, 2, options)));
}

TEST(Mochi, MixturesCarryNoGradient) {
  const at::Tensor q = test::random_rows(4, 3, 8), k = test::random_rows(4, 3, 9), queue = test::random_rows(9, 3, 10);
  const MochiOptions options{.hardest = 5, .mixed = 3, .mixed_query = 2};
  const at::Tensor made = mochi_negatives(q, queue, 1, options);
  const auto whole = [&](const std::vector<at::Tensor>& x) { return mochi(x[0], x[1], queue, 1, options); };
  const auto still = [&](const std::vector<at::Tensor>& x) {
    return info_nce({.query = x[0], .key = x[1], .queue = queue, .negatives = made}, {.temperature = 0.2});
  };
  test::expect_gradients(still, {q, k}, "mixtures held still");
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(
        torch::allclose(test::gradients_of(whole, {q, k})[i], test::gradients_of(still, {q, k})[i], 1e-9, 1e-12));
}

// Own rows in the queue change nothing: the loss is that of the queue without them, query by query.
TEST(Mochi, RowsOfTheQuerysOwnIdAreNeitherNegativesNorMixed) {
  const at::Tensor q = test::random_rows(2, 3, 5), k = test::random_rows(2, 3, 6), queue = test::random_rows(6, 3, 7);
  const at::Tensor ids = torch::tensor({10, 11}), queue_ids = torch::tensor({10, 11, 12, 13, 10, 11});
  const MochiOptions options{.hardest = 100, .mixed = 8, .mixed_query = 8};
  double expected = 0;
  for (int64_t i = 0; i < 2; ++i) {
    const auto others = queue.index_select(0, queue_ids.ne(ids[i]).nonzero().flatten());
    // Both queries at once, so that query i draws from its own stream.
    const auto made = mochi_negatives(q, others, 3, options)[i].unsqueeze(0);
    expected +=
        info_nce({.query = q.slice(0, i, i + 1), .key = k.slice(0, i, i + 1), .queue = others, .negatives = made},
                 {.temperature = 0.2})
            .item<double>() /
        2;
  }
  EXPECT_NEAR(
      mochi({.query = q, .key = k, .queue = queue, .ids = ids, .queue_ids = queue_ids}, 3, options).item<double>(),
      expected, 1e-12);
  EXPECT_THROW(mochi({.query = q, .key = k, .queue = queue, .ids = ids, .queue_ids = torch::full({6}, 10)}, 3, options),
               InvalidArgument);
}

TEST(Mochi, WithoutMixturesIsMoco) {
  const at::Tensor q = test::random_rows(4, 3, 5), k = test::random_rows(4, 3, 6), queue = test::random_rows(9, 3, 7);
  EXPECT_EQ(mochi(q, k, queue, 1, {.mixed = 0, .mixed_query = 0}).item<double>(),
            info_nce_queue(q, k, queue, {.temperature = 0.2}).item<double>());
  EXPECT_GT(mochi(q, k, queue, 1).item<double>(), info_nce_queue(q, k, queue, {.temperature = 0.2}).item<double>());
}

}  // namespace
}  // namespace kindred
