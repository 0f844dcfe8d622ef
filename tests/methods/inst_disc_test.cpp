// SPDX-License-Identifier: Apache-2.0
// Instance discrimination: its loss by loops over the bank with the Z of the first batch, which is kept; the proximal term; the
// bank's update by position; pinned losses; the landmark; what it learns from samples that come again.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/nce_memory_bank.h"
#include "kindred/methods/method.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"

namespace kindred {
namespace {

using test::buffer_of;
using test::toy_batch;
using test::toy_method;

constexpr double kSamples = 1000;  // of the toy data set

// e^{v.f/t} of the own row and of the m = 9 drawn for the given step of toy_method(.., seed 0), whose method's seed is 100.
test::Rows exponentials(const torch::Tensor& f, const torch::Tensor& bank, const torch::Tensor& positions,
                        int64_t step) {
  const auto drawn = nce_draw(f.size(0), 9, 999, mix64(102) + static_cast<uint64_t>(step));
  const auto rows = test::rows_of(f), all = test::rows_of(bank);
  test::Rows out;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto own = positions[static_cast<int64_t>(i)].item<int64_t>();
    out.push_back({std::exp(test::cosine(rows[i], all[static_cast<size_t>(own)]) / 0.07)});
    for (int64_t j = 0; j < 9; ++j) {
      auto row = drawn[static_cast<int64_t>(i)][j].item<int64_t>();
      if (row >= own) ++row;
      out.back().push_back(std::exp(test::cosine(rows[i], all[static_cast<size_t>(row)]) / 0.07));
    }
  }
  return out;
}

double z_of(const test::Rows& e) {
  double sum = 0;
  for (const auto& row : e)
    for (const double v : row) sum += v;
  return kSamples * sum / static_cast<double>(10 * e.size());
}

double nce_by_loops(const test::Rows& e, double z) {
  double total = 0;
  for (const auto& row : e)
    for (size_t j = 0; j < row.size(); ++j) {
      const double h = row[j] / z / (row[j] / z + 9 / kSamples);
      total -= std::log(j == 0 ? h : 1 - h) / static_cast<double>(e.size());
    }
  return total;
}

TEST(InstDisc, LossIsNceWithTheZOfTheFirstBatch) {
  constexpr double kTolerance = 2e-3;  // float32; the authors' 1e-7 beside m / n; up to ten logarithms a row
  const auto method = test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07"});
  method->train();
  double z = 0;
  for (int64_t step = 0; step < 3; ++step) {
    const auto batch = toy_batch(8, 1, 0.3, static_cast<uint64_t>(step));
    const auto bank = buffer_of(*method, "bank.rows").clone();
    const auto output = method->step(batch);
    const auto e = exponentials(output.z1, bank, batch.positions, step);
    if (step == 0) z = z_of(e);
    EXPECT_NEAR(buffer_of(*method, "log_z").item<double>(), std::log(z), 1e-5);
    EXPECT_NEAR(output.loss.item<double>(), nce_by_loops(e, z), kTolerance) << step;
    method->after_optimizer_step(step);
  }
}

// -ln of the share of row own(i) of the bank in the softmax at temperature 0.1, without rows for which left_out(i, row).
template <class Own, class LeftOut>
double softmax_by_loops(const torch::Tensor& f, const test::Rows& bank, Own own, LeftOut left_out) {
  const auto rows = test::rows_of(f);
  double total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    double below = 0;
    for (size_t j = 0; j < bank.size(); ++j)
      if (!left_out(i, j)) below += std::exp(test::cosine(rows[i], bank[j]) / 0.1);
    total += (std::log(below) - test::cosine(rows[i], bank[own(i)]) / 0.1) / static_cast<double>(rows.size());
  }
  return total;
}

TEST(InstDisc, WithoutDrawsItIsTheSoftmaxOverTheBank) {
  const auto method = toy_method("inst_disc", 8);
  method->train();
  auto batch = toy_batch(8, 1);
  batch.positions = torch::arange(8, torch::kLong) * 100 + 7;
  const auto bank = test::rows_of(buffer_of(*method, "bank.rows"));
  const auto output = method->step(batch);
  const double expected = softmax_by_loops(
      output.z1, bank, [](size_t i) { return i * 100 + 7; }, [](size_t, size_t) { return false; });
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-4);
  EXPECT_NEAR(method->landmarks().at(0).value, std::log(kSamples), 1e-12);
}

TEST(InstDisc, AnotherRowOfTheSameSampleIsNoNegative) {
  const auto method = toy_method("inst_disc", 8);
  method->train();
  auto batch = toy_batch(8, 1);
  batch.ids[5] = batch.ids[2].item<int64_t>();  // one sample at two positions
  method->step(batch);                          // both are written
  method->after_optimizer_step(0);
  const auto bank = test::rows_of(buffer_of(*method, "bank.rows"));
  const auto output = method->step(batch);
  const double expected = softmax_by_loops(
      output.z1, bank, [](size_t i) { return i; },
      [](size_t i, size_t j) { return (i == 2 && j == 5) || (i == 5 && j == 2); });
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-4);
}

TEST(InstDisc, NceLeavesOutDrawsOfTheSameSample) {
  const auto method = test::toy_with("inst_disc", 8, {"negatives=400", "temperature=0.07"});
  method->train();
  auto batch = toy_batch(8, 1);
  batch.ids.fill_(7);  // one sample, eight times
  method->step(batch);
  method->after_optimizer_step(0);
  const double log_z = buffer_of(*method, "log_z").item<double>();
  const auto bank = test::rows_of(buffer_of(*method, "bank.rows"));
  const auto drawn = nce_draw(8, 400, 999, mix64(102) + 1);
  const auto output = method->step(batch);
  const auto rows = test::rows_of(output.z1);
  double expected = 0;
  int64_t left_out = 0;
  const auto noise_term = [&](size_t i, size_t j, bool own) {
    const double p = std::exp(test::cosine(rows[i], bank[j]) / 0.07 - log_z), h = p / (p + 400 / kSamples);
    return -std::log(own ? h : 1 - h) / 8;
  };
  for (int64_t i = 0; i < 8; ++i) {
    expected += noise_term(static_cast<size_t>(i), static_cast<size_t>(i), true);
    for (int64_t k = 0; k < 400; ++k) {
      auto j = drawn[i][k].item<int64_t>();
      if (j >= i) ++j;
      const bool copy = j < 8;
      left_out += copy;
      if (!copy) expected += noise_term(static_cast<size_t>(i), static_cast<size_t>(j), false);
    }
  }
  EXPECT_GT(left_out, 8);  // about 0.4 of 7 for each
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-3 * expected);
}

TEST(InstDisc, TheBankMovesHalfWayAtThePositionsOfTheBatch) {
  const auto method = test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07"});
  method->train();
  auto batch = toy_batch(8, 1);
  batch.positions = torch::arange(8, torch::kLong) * 100 + 7;
  batch.ids = torch::full({8}, int64_t{1} << 62);  // ids are any 64 bits
  const auto before = buffer_of(*method, "bank.rows").clone();
  const auto output = method->step(batch);
  const auto after = buffer_of(*method, "bank.rows");
  int64_t moved = 0;
  for (int64_t i = 0; i < 1000; ++i) moved += !torch::equal(before[i], after[i]);
  EXPECT_EQ(moved, 8);
  const auto half = 0.5 * before[307] + 0.5 * output.z1[3];
  EXPECT_TRUE(torch::allclose(after[307], half / half.norm(), 1e-5, 1e-6));
}

TEST(InstDisc, ProximalTermIsTheDistanceToRowsThatWereWritten) {
  const auto plain = test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07"}),
             held = test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07", "proximal=30"});
  plain->train(), held->train();
  const auto first = toy_batch(8, 1);
  EXPECT_EQ(plain->step(first).loss.item<double>(), held->step(first).loss.item<double>());  // nothing written yet
  plain->after_optimizer_step(0), held->after_optimizer_step(0);
  auto second = toy_batch(8, 1, 0.3, 1);
  second.positions = second.positions + 4;  // half of them were in the first batch
  const auto bank = buffer_of(*held, "bank.rows").clone();
  const auto a = plain->step(second), b = held->step(second);
  double expected = 0;
  for (int64_t i = 0; i < 4; ++i) expected += (b.z1[i] - bank[i + 4]).square().sum().item<double>() / 4;
  EXPECT_NEAR(b.loss.item<double>() - a.loss.item<double>(), 30 * expected, 1e-3);
}

TEST(InstDisc, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-3;  // float32, temperature 0.07
  EXPECT_THAT(test::first_three_losses(*test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07"}), 1),
              testing::Pointwise(testing::DoubleNear(kTolerance), {8.494150, 6.736680, 0.829407}));
}

TEST(InstDisc, FirstThreeLossesOfTheSoftmaxAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  EXPECT_THAT(test::first_three_losses(*toy_method("inst_disc", 8), 1),
              testing::Pointwise(testing::DoubleNear(kTolerance), {9.63307, 7.97574, 4.23798}));
}

TEST(InstDisc, LandmarkIsTheLossOfEqualProbabilities) {
  EXPECT_NEAR(test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07"})->landmarks().at(0).value,
              nce_by_loops(test::Rows(4, test::Rows::value_type(10, 1.0)), kSamples), 1e-9);
}

TEST(InstDisc, ZFollowsTheBankWhereAsked) {
  const auto method = test::toy_with("inst_disc", 8, {"negatives=9", "temperature=0.07", "z_momentum=0.75"});
  method->train();
  double z = 0;
  for (int64_t step = 0; step < 3; ++step) {
    const auto batch = toy_batch(8, 1, 0.3, static_cast<uint64_t>(step));
    const auto bank = buffer_of(*method, "bank.rows").clone();
    const auto output = method->step(batch);
    const double here = z_of(exponentials(output.z1, bank, batch.positions, step));
    z = step == 0 ? here : 0.75 * z + 0.25 * here;
    EXPECT_NEAR(buffer_of(*method, "log_z").item<double>(), std::log(z), 1e-5) << step;
    method->after_optimizer_step(step);
  }
}

// The mean loss of the third pass over all 1000 samples, 50 at a time, with weights that never move.
double third_pass_of_still_weights(const std::string& z_momentum) {
  const auto method =
      test::toy_with("inst_disc", 50, {"negatives=200", "temperature=0.07", "head.out=32", "z_momentum=" + z_momentum});
  const auto all = toy_batch(1000, 3, 1.0, 7);
  double sum = 0;
  for (int64_t step = 0; step < 60; ++step) {
    Batch part = all;
    part.views = {all.views[static_cast<size_t>(step / 20)].narrow(0, step % 20 * 50, 50)};
    part.ids = all.ids.narrow(0, step % 20 * 50, 50);
    part.positions = all.positions.narrow(0, step % 20 * 50, 50);
    const double loss = test::train_step(*method, part, /*rate=*/0, step);
    if (step >= 40) sum += loss / 20;
  }
  return sum;
}

// Why NCE runs away on a small data set, and that it is not its rate: Z is taken from a bank of random rows, and those that
// replace them are nearer to one another, so that each of the m drawn ones counts as likelier than noise.
TEST(InstDisc, NceRunsAwayByItsZNotByItsRate) {
  const double alike = std::log1p(200.0) + 200 * std::log1p(1 / 200.0);  // 6.3: the loss of equal probabilities
  EXPECT_GT(third_pass_of_still_weights("1"), 3 * alike);
  EXPECT_LT(third_pass_of_still_weights("0.9"), 1.5 * alike);
}

// The bank learns from samples that come again: 96 of them, in new views each time.
TEST(InstDisc, Learns) {
  const auto method = test::toy_with("inst_disc", 48, {"temperature=0.2"});
  const auto before = test::learn_clusters(*method, 1, 0, 0).before;
  const auto samples = toy_batch(96, 80, 1.0, 5);
  for (int64_t step = 0; step < 160; ++step) {
    Batch half = samples;
    half.views = {samples.views[static_cast<size_t>(step / 2)].narrow(0, step % 2 * 48, 48)};
    half.ids = samples.ids.narrow(0, step % 2 * 48, 48);
    half.positions = samples.positions.narrow(0, step % 2 * 48, 48);
    test::train_step(*method, half, 0.1, step);
  }
  const auto after = test::learn_clusters(*method, 1, 0, 0);
  EXPECT_GT(after.after, before + 0.05) << before << " " << after.after;
  EXPECT_THAT(after.warnings, testing::IsEmpty());
}

TEST(InstDisc, ABatchOfOneIsRefused) { EXPECT_THROW(toy_method("inst_disc", 1), InvalidArgument); }

}  // namespace
}  // namespace kindred
