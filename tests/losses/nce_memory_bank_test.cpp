// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; the whole loss from rows in loops, with Z of the batch; draws; the gradient reaches features alone.
#include "kindred/losses/nce_memory_bank.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(NceMemoryBank, SharedVector) {
  test::expect_vector("nce_memory_bank.json", "wu2018_from_probabilities",
                      [](const test::Tensors& x) { return nce_from_log_probabilities(x.at("P").log(), 100); });
}

TEST(NceMemoryBank, FromRowsInLoops) {
  const at::Tensor f = test::random_rows(3, 4, 1), bank = test::random_rows(10, 4, 2), own = torch::tensor({4, 0, 9});
  const NceMemoryBankOptions options{.temperature = 0.3, .negatives = 5, .epsilon = 0};
  const at::Tensor drawn = nce_draw(3, 5, 10, 77);
  const auto a = test::rows_of(f), b = test::rows_of(bank);
  const auto e = [&](size_t i, int64_t row) { return std::exp(test::cosine(a[i], b[static_cast<size_t>(row)]) / 0.3); };
  const auto row_at = [&](size_t i, int64_t j) {
    return j == 0 ? own[static_cast<int64_t>(i)].item<int64_t>()
                  : drawn[static_cast<int64_t>(i)][j - 1].item<int64_t>();
  };
  double z = 0;
  for (size_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 6; ++j) z += 10 * e(i, row_at(i, j)) / 18;
  double sum = 0;
  for (size_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 6; ++j) {
      const double p = e(i, row_at(i, j)) / z, h = p / (p + 0.5);
      sum -= std::log(j == 0 ? h : 1 - h) / 3;
    }
  EXPECT_NEAR(nce_memory_bank(f, bank, own, 77, options).item<double>(), sum, 1e-10);
  NceMemoryBankOptions fixed = options;
  fixed.z = z;
  EXPECT_NEAR(nce_memory_bank(f, bank, own, 77, fixed).item<double>(), sum, 1e-10);
}

TEST(NceMemoryBank, DrawsCoverTheBank) {
  const at::Tensor drawn = nce_draw(2, 1000, 10, 5);
  EXPECT_EQ(drawn.min().item<int64_t>(), 0);
  EXPECT_EQ(drawn.max().item<int64_t>(), 9);
  EXPECT_TRUE(torch::equal(drawn, nce_draw(2, 1000, 10, 5)));
  EXPECT_FALSE(torch::equal(drawn[0], drawn[1]));
}

// The scores of a large bank are taken for the drawn rows alone, those of a small one all at once: 8 rows are many beside
// (1 + 1) * 2 numbers, few beside (1 + 9) * 2.
TEST(NceMemoryBank, LogitsAreTheCosinesOfTheDrawnRows) {
  const at::Tensor f = test::random_rows(3, 2, 1), bank = test::random_rows(8, 2, 2), own = torch::tensor({4, 0, 7});
  const auto a = test::rows_of(f), b = test::rows_of(bank);
  for (const int64_t m : {1, 9}) {
    const NceMemoryBankOptions options{.temperature = 0.3, .negatives = m};
    const at::Tensor drawn = nce_draw(3, m, 8, 5), logits = nce_bank_logits(f, bank, own, 5, options);
    ASSERT_EQ(logits.sizes(), (std::vector<int64_t>{3, 1 + m}));
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j <= m; ++j) {
        const auto row = j == 0 ? own[i].item<int64_t>() : drawn[i][j - 1].item<int64_t>();
        EXPECT_NEAR(logits[i][j].item<double>(),
                    test::cosine(a[static_cast<size_t>(i)], b[static_cast<size_t>(row)]) / 0.3, 1e-12);
      }
  }
}

// A bank of two opposite rows: what is not the own row has cosine -1.
TEST(NceMemoryBank, TheOwnRowCanBeLeftOutOfTheDraws) {
  const at::Tensor bank = torch::tensor({{1.0, 0.0}, {-1.0, 0.0}}), own = torch::tensor({0, 1});
  const auto others = [&](bool draw_own) {
    return nce_bank_logits(bank, bank, own, 5, {.temperature = 1, .negatives = 50, .draw_own = draw_own})
        .narrow(1, 1, 50);
  };
  EXPECT_TRUE(others(false).eq(-1).all().item<bool>());
  EXPECT_TRUE(others(true).eq(1).any().item<bool>());
  EXPECT_THROW(nce_bank_logits(bank.narrow(0, 0, 1), bank.narrow(0, 0, 1), torch::tensor({0}), 5, {.draw_own = false}),
               InvalidArgument);
}

TEST(NceMemoryBank, GradientReachesTheFeaturesAlone) {
  const at::Tensor own = torch::tensor({1, 2});
  const auto f = [&](const std::vector<at::Tensor>& x) {
    return nce_memory_bank(x[0], x[1], own, 3, {.negatives = 4, .z = 20});
  };
  const auto grads = test::gradients_of(f, {test::random_rows(2, 3, 3), test::random_rows(6, 3, 4)});
  EXPECT_GT(grads[0].abs().max().item<double>(), 1e-4);
  EXPECT_EQ(grads[1].abs().max().item<double>(), 0);
}

TEST(NceMemoryBank, Refusals) {
  const at::Tensor f = test::random_rows(2, 3, 5), bank = test::random_rows(4, 3, 6);
  EXPECT_THROW(nce_memory_bank(f, bank, torch::tensor({0, 4}), 1), InvalidArgument);
  EXPECT_THROW(nce_memory_bank(f, bank, torch::tensor({0, -1}), 1), InvalidArgument);
}

}  // namespace
}  // namespace kindred
