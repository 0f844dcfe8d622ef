// SPDX-License-Identifier: Apache-2.0
// Proves: the queue holds the newest rows with their ids and labels, whatever K, B and the wrap-around, against a deque;
// random starts; that its state is in buffers and can be put back; refusals.
#include "kindred/nn/row_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

// Row, id and label that can be told from the number of the row.
torch::Tensor numbered_rows(int64_t first, int64_t count) {
  return torch::arange(first, first + count, torch::kFloat).unsqueeze(1).expand({count, 2}).contiguous();
}
torch::Tensor numbers(int64_t first, int64_t count, int64_t offset) {
  return torch::arange(first + offset, first + offset + count, torch::kLong);
}

TEST(RowQueue, HoldsTheNewestRowsForEveryCapacityAndBatch) {
  for (const int64_t capacity : {1, 2, 5, 7, 12})
    for (const int64_t batch : {1, 2, 3, 5, 12, 20}) {
      RowQueue queue(capacity, 2);
      std::deque<int64_t> model;
      int64_t next = 0;
      for (int round = 0; round < 9; ++round) {
        queue.push(numbered_rows(next, batch), numbers(next, batch, 1000), numbers(next, batch, 5000));
        for (int64_t i = 0; i < batch; ++i) model.push_back(next++);
        while (std::ssize(model) > capacity) model.pop_front();
        ASSERT_EQ(queue.fill(), std::ssize(model));
        EXPECT_EQ(queue.full(), std::ssize(model) == capacity);
        std::vector<int64_t> held;
        for (int64_t i = 0; i < queue.fill(); ++i) {
          const auto n = queue.ids()[i].item<int64_t>() - 1000;
          held.push_back(n);
          EXPECT_EQ(queue.rows()[i][1].item<float>(), static_cast<float>(n));
          EXPECT_EQ(queue.labels()[i].item<int64_t>(), n + 5000);
        }
        EXPECT_THAT(held, testing::UnorderedElementsAreArray(model)) << capacity << " " << batch << " " << round;
      }
    }
}

TEST(RowQueue, FillsInOrderAndThenOverwritesTheOldest) {
  RowQueue queue(5, 2);
  queue.push(numbered_rows(0, 3), numbers(0, 3, 0));
  EXPECT_TRUE(torch::equal(queue.ids(), numbers(0, 3, 0)));
  EXPECT_TRUE(torch::equal(queue.labels(), torch::full({3}, -1, torch::kLong)));
  queue.push(numbered_rows(3, 3), numbers(3, 3, 0));
  EXPECT_TRUE(torch::equal(queue.ids(), torch::tensor({5, 1, 2, 3, 4}, torch::kLong)));
  EXPECT_EQ(queue.position(), 1);
}

TEST(RowQueue, RandomStartIsFullOfUnitRowsOfNoSample) {
  RowQueue queue(40, 6), again(40, 6), other(40, 6);
  queue.fill_randomly(3), again.fill_randomly(3), other.fill_randomly(4);
  EXPECT_TRUE(queue.full());
  EXPECT_LT((queue.rows().square().sum(1) - 1).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(queue.ids().eq(kNoSample).all().item<bool>());
  EXPECT_TRUE(torch::equal(queue.rows(), again.rows()));
  EXPECT_FALSE(torch::equal(queue.rows(), other.rows()));
  queue.push(numbered_rows(7, 2).slice(1, 0, 1).expand({2, 6}), numbers(7, 2, 0));
  EXPECT_EQ(queue.fill(), 40);
  EXPECT_EQ(queue.ids()[0].item<int64_t>(), 7);
  EXPECT_EQ(queue.ids()[2].item<int64_t>(), kNoSample);
}

TEST(RowQueue, ItsBuffersAreItsState) {
  RowQueue queue(5, 2), copy(5, 2);
  queue.push(numbered_rows(0, 4), numbers(0, 4, 0), numbers(0, 4, 10));
  queue.push(numbered_rows(4, 3), numbers(4, 3, 0));
  EXPECT_TRUE(queue.parameters().empty());
  for (const auto& item : queue.named_buffers()) copy.named_buffers()[item.key()].copy_(item.value());
  for (auto* each : {&queue, &copy}) each->push(numbered_rows(7, 2), numbers(7, 2, 0));
  EXPECT_EQ(copy.position(), queue.position());
  EXPECT_EQ(copy.fill(), queue.fill());
  EXPECT_TRUE(torch::equal(copy.rows(), queue.rows()));
  EXPECT_TRUE(torch::equal(copy.ids(), queue.ids()));
  EXPECT_TRUE(torch::equal(copy.labels(), queue.labels()));
}

TEST(RowQueue, KeepsNoGradient) {
  RowQueue queue(4, 2);
  queue.push(numbered_rows(0, 3).requires_grad_(true) * 2, numbers(0, 3, 0));
  EXPECT_FALSE(queue.rows().requires_grad());
}

TEST(RowQueue, RefusesNonsense) {
  EXPECT_THROW(RowQueue(0, 2), InvalidArgument);
  RowQueue queue(4, 2);
  EXPECT_THROW(queue.push(torch::zeros({3, 3}), numbers(0, 3, 0)), InvalidArgument);
  EXPECT_THROW(queue.push(torch::zeros({3, 2}), numbers(0, 2, 0)), InvalidArgument);
  EXPECT_THROW(queue.push(torch::zeros({3, 2}), numbers(0, 3, 0), numbers(0, 2, 0)), InvalidArgument);
}

}  // namespace
}  // namespace kindred
