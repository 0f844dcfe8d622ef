// SPDX-License-Identifier: Apache-2.0
// SimCLR against a second writing of it: batch norm and NT-Xent as loops over numbers in double, from the paper's
// formulas. Then: three pinned losses, one pass of 2B rows through batch norm, the landmark, fifty steps that learn.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/eval/collapse.h"
#include "kindred/methods/method.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

using Rows = std::vector<std::vector<double>>;

Rows to_rows(const torch::Tensor& tensor) {
  Rows out;
  for (int64_t i = 0; i < tensor.size(0); ++i) {
    out.emplace_back();
    for (int64_t j = 0; j < tensor.size(1); ++j) out.back().push_back(tensor[i][j].item<double>());
  }
  return out;
}

Rows linear(const Rows& x, const torch::Tensor& weight) {
  Rows out;
  for (const auto& row : x) {
    out.emplace_back();
    for (int64_t o = 0; o < weight.size(0); ++o) {
      double sum = 0;
      for (size_t i = 0; i < row.size(); ++i) sum += weight[o][static_cast<int64_t>(i)].item<double>() * row[i];
      out.back().push_back(sum);
    }
  }
  return out;
}

// Fresh batch norm (scale 1, shift 0, eps 1e-5) over all rows, then ReLU where asked.
Rows batch_norm(Rows x, bool relu) {
  const auto n = static_cast<double>(x.size());
  for (size_t j = 0; j < x[0].size(); ++j) {
    double mean = 0, variance = 0;
    for (const auto& row : x) mean += row[j] / n;
    for (const auto& row : x) variance += (row[j] - mean) * (row[j] - mean) / n;
    for (auto& row : x) {
      row[j] = (row[j] - mean) / std::sqrt(variance + 1e-5);
      if (relu) row[j] = std::max(row[j], 0.0);
    }
  }
  return x;
}

// Algorithm 1 of the paper; rows k and k + n are the two views of sample k.
double nt_xent_by_loops(Rows z, double temperature) {
  for (auto& row : z) {
    double square = 0;
    for (const double v : row) square += v * v;
    for (double& v : row) v /= std::sqrt(square);
  }
  const size_t n = z.size() / 2;
  double total = 0;
  for (size_t i = 0; i < 2 * n; ++i) {
    double denominator = 0, positive = 0;
    for (size_t a = 0; a < 2 * n; ++a) {
      if (a == i) continue;
      double similarity = 0;
      for (size_t d = 0; d < z[i].size(); ++d) similarity += z[i][d] * z[a][d];
      denominator += std::exp(similarity / temperature);
      if (a == (i + n) % (2 * n)) positive = similarity / temperature;
    }
    total += std::log(denominator) - positive;
  }
  return total / static_cast<double>(2 * n);
}

torch::Tensor parameter(const Method& method, const std::string& name) { return *method.named_parameters().find(name); }

// The weights with two dimensions, in the order of registration: encoder, then head.
std::vector<torch::Tensor> matrices(const Method& method) {
  std::vector<torch::Tensor> out;
  for (const auto& item : method.named_parameters())
    if (item.value().dim() == 2) out.push_back(item.value().detach());
  return out;
}

double loss_by_loops(const Method& method, const Batch& batch) {
  auto x = to_rows(batch.views[0]);
  for (const auto& row : to_rows(batch.views[1])) x.push_back(row);  // [2B, F]
  const auto weights = matrices(method);
  for (size_t layer = 0; layer < weights.size(); ++layer)
    x = batch_norm(linear(x, weights[layer]), layer + 1 < weights.size());
  return nt_xent_by_loops(x, 0.5);
}

TEST(Simclr, FirstLossIsThePapersByLoops) {
  const auto method = test::toy_method("simclr", 8);
  method->train();
  const auto batch = test::toy_batch(8, 2);
  const double expected = loss_by_loops(*method, batch);
  ASSERT_EQ(matrices(*method).size(), 4u);
  EXPECT_NEAR(method->step(batch).loss.item<double>(), expected, 1e-5);
}

TEST(Simclr, ASampleThatCameTwiceIsNoNegativeOfItself) {
  const auto method = test::toy_method("simclr", 4);
  method->train();
  auto batch = test::toy_batch(4, 2);
  batch.ids[3] = batch.ids[0].item<int64_t>();
  const auto output = method->step(batch);
  const auto z = test::unit_rows(output.z1, output.z2);
  double expected = 0;
  for (size_t i = 0; i < 8; ++i) {
    const auto sample = [](size_t row) { return row % 4 == 3 ? 0 : row % 4; };
    const double positive = test::dot(z[i], z[(i + 4) % 8]) / 0.5;
    const double below =
        std::exp(positive) + test::exp_sum(z, i, 0.5, [&](size_t j) { return sample(j) != sample(i); });
    expected += (std::log(below) - positive) / 8;
  }
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-5);
}

// One plain gradient step.
double descend(Method& method, const Batch& batch, double rate) {
  for (auto& each : method.parameters()) each.mutable_grad() = torch::Tensor();
  auto output = method.step(batch);
  output.loss.backward();
  torch::NoGradGuard no_grad;
  for (auto& each : method.parameters()) each -= rate * each.grad();
  return output.loss.item<double>();
}

TEST(Simclr, FirstThreeLossesAreThoseStored) {
  constexpr double kStored[] = {2.451645, 2.374063, 1.713914};
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  const auto method = test::toy_method("simclr", 8);
  method->train();
  for (uint64_t round = 0; round < 3; ++round)
    EXPECT_NEAR(descend(*method, test::toy_batch(8, 2, 0.3, round), 0.1), kStored[round], kTolerance) << round;
}

TEST(Simclr, BatchNormSeesBothViewsInOnePass) {
  const auto method = test::toy_method("simclr", 8);
  method->train();
  const auto batch = test::toy_batch(8, 2);
  method->step(batch);
  int64_t norms = 0;
  for (const auto& item : method->named_buffers())
    if (item.key().ends_with("num_batches_tracked")) {
      EXPECT_EQ(item.value().item<int64_t>(), 1) << item.key();
      ++norms;
    }
  EXPECT_EQ(norms, 4);
  // The running mean starts at 0 and moves a tenth of the way to the mean over 2B rows.
  const auto weight = parameter(*method, "encoder.linear1.weight");
  const auto mean = torch::matmul(torch::cat(batch.views), weight.t()).mean(0) * 0.1;
  EXPECT_TRUE(torch::allclose(*method->named_buffers().find("encoder.bn1.running_mean"), mean, 1e-4, 1e-6));
}

TEST(Simclr, OutputsAreTheRowsOfTheLoss) {
  const auto method = test::toy_method("simclr", 8);
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  EXPECT_EQ(output.z1.sizes(), (std::vector<int64_t>{8, 5}));
  EXPECT_EQ(output.z2.sizes(), (std::vector<int64_t>{8, 5}));
  auto rows = to_rows(output.z1);
  for (const auto& row : to_rows(output.z2)) rows.push_back(row);
  EXPECT_NEAR(output.loss.item<double>(), nt_xent_by_loops(rows, 0.5), 1e-5);
}

TEST(Simclr, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto landmarks = test::toy_method("simclr", 8)->landmarks();
  ASSERT_EQ(landmarks.size(), 1u);
  EXPECT_NEAR(landmarks[0].value, nt_xent_by_loops(Rows(16, {1, 2, 3}), 0.5), 1e-12);
  EXPECT_NEAR(landmarks[0].value, std::log(15.0), 1e-12);
}

TEST(Simclr, WithoutNegativesOnlyTheAttractionIsLeft) {
  const auto method = test::toy_with("simclr", 8, {"negatives=false"});
  method->train();
  const auto output = method->step(test::toy_batch(8, 2));
  const auto a = to_rows(output.z1), b = to_rows(output.z2);
  double expected = 0;
  for (size_t i = 0; i < 8; ++i) expected -= test::cosine(a[i], b[i]) / 0.5 / 8;
  EXPECT_NEAR(output.loss.item<double>(), expected, 1e-5);
  EXPECT_EQ(method->landmarks().at(0).value, -2);
}

TEST(Simclr, WithoutNegativesItCollapsesAndTheWatchSaysSo) {
  const auto method = test::toy_with("simclr", 48, {"negatives=false"});
  const auto learnt = test::learn_clusters(*method, 2, 0.3, 200);
  EXPECT_THAT(learnt.warnings, testing::Contains(testing::HasSubstr("collapsed"))) << learnt.last;
}

TEST(Simclr, ABatchOfOneIsRefused) {
  try {
    test::toy_method("simclr", 1);
    FAIL() << "expected InvalidArgument";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("simclr"), testing::HasSubstr("got 1")));
  }
}

TEST(Simclr, FiftyStepsOnClustersBringTheirMembersTogether) {
  constexpr double kNoise = 1.0;  // as large as the distance between clusters: raw neighbours are often wrong
  const auto method = test::toy_method("simclr", 48);
  method->train();
  const auto judged = test::toy_batch(96, 1, kNoise, 999);
  const double before = test::neighbour_accuracy(*method, judged);
  double first = 0, last = 0;
  for (uint64_t round = 0; round < 50; ++round) {
    last = descend(*method, test::toy_batch(48, 2, kNoise, round), 0.3);
    if (round == 0) first = last;
  }
  const double after = test::neighbour_accuracy(*method, judged);
  EXPECT_LT(last, first);
  EXPECT_GT(after, before + 0.05) << "before " << before << ", after " << after;

  const auto output = method->step(test::toy_batch(48, 2, kNoise, 77));
  std::vector<std::pair<double, std::string>> landmarks;
  for (const auto& landmark : method->landmarks()) landmarks.emplace_back(landmark.value, landmark.meaning);
  EXPECT_THAT(collapse_warnings(collapse_figures(output.z1, output.z2), 48, 5, output.loss.item<double>(), landmarks),
              testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
