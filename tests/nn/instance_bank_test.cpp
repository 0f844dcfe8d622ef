// SPDX-License-Identifier: Apache-2.0
// Proves: the bank's start and update rule against loops in double; that only the named rows move; state in buffers;
// refusals.
#include "kindred/nn/instance_bank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(InstanceBank, StartsUniformWithinTheAuthorsBound) {
  const InstanceBank bank(500, 12, 1);
  EXPECT_LE(bank.rows().abs().max().item<double>(), 0.5);  // 1 / sqrt(12 / 3)
  EXPECT_GT(bank.rows().abs().max().item<double>(), 0.49);
  EXPECT_FALSE(bank.seen(torch::arange(500, torch::kLong)).any().item<bool>());
}

TEST(InstanceBank, UpdateIsTheFormulaForItsRowsAndNothingForOthers) {
  constexpr double kFloat = 1e-6;  // float32 against double, numbers below 1
  InstanceBank bank(6, 3, 1);
  const auto before = bank.rows().clone();
  const auto f = test::normal_tensor({2, 3}, 4);
  const auto positions = torch::tensor({4, 1}, torch::kLong);
  bank.update(positions, positions, f, 0.7);
  for (int64_t i = 0; i < 6; ++i) {
    const int64_t k = i == 4 ? 0 : i == 1 ? 1 : -1;
    if (k < 0) {
      EXPECT_TRUE(torch::equal(bank.rows()[i], before[i]));
      continue;
    }
    double moved[3], square = 0;
    for (int64_t j = 0; j < 3; ++j) {
      moved[j] = 0.7 * before[i][j].item<double>() + 0.3 * f[k][j].item<double>();
      square += moved[j] * moved[j];
    }
    for (int64_t j = 0; j < 3; ++j) EXPECT_NEAR(bank.rows()[i][j].item<double>(), moved[j] / std::sqrt(square), kFloat);
  }
  EXPECT_TRUE(torch::equal(bank.seen(torch::arange(6, torch::kLong)), torch::tensor({0, 1, 0, 0, 1, 0}, torch::kBool)));
  EXPECT_TRUE(torch::equal(bank.at(positions)[1], bank.rows()[1]));
}

TEST(InstanceBank, ItsStateIsInBuffers) {
  InstanceBank bank(6, 3, 1), copy(6, 3, 2);
  bank.update(torch::tensor({2}, torch::kLong), torch::tensor({2}, torch::kLong), test::normal_tensor({1, 3}, 4), 0.5);
  EXPECT_TRUE(bank.parameters().empty());
  for (const auto& item : bank.named_buffers()) copy.named_buffers()[item.key()].copy_(item.value());
  EXPECT_TRUE(torch::equal(copy.rows(), bank.rows()));
  EXPECT_TRUE(copy.seen(torch::tensor({2}, torch::kLong)).item<bool>());
}

TEST(InstanceBank, RefusesNonsense) {
  EXPECT_THROW(InstanceBank(0, 3, 1), InvalidArgument);
  InstanceBank bank(6, 3, 1);
  EXPECT_THROW(bank.at(torch::tensor({6}, torch::kLong)), InvalidArgument);
  EXPECT_THROW(bank.at(torch::Tensor()), InvalidArgument);
  EXPECT_THROW(
      bank.update(torch::tensor({1}, torch::kLong), torch::tensor({1}, torch::kLong), torch::zeros({2, 3}), 0.5),
      InvalidArgument);
  EXPECT_THROW(
      bank.update(torch::tensor({1}, torch::kLong), torch::tensor({1}, torch::kLong), torch::zeros({1, 3}), 1.5),
      InvalidArgument);
}

}  // namespace
}  // namespace kindred
