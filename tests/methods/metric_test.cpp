// SPDX-License-Identifier: Apache-2.0
// The default, all triplets, by loops; every loss that reads labels makes a step and reaches every weight; loss.name
// decides which options there are; the landmark by loops; three pinned losses; steps that learn.
#include <gmock/gmock.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/registry.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

double row_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t j = 0; j < a.size(); ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

// FaceNet's hinge, the mean over all triplets.
double triplets_by_loops(const torch::Tensor& x, const torch::Tensor& labels) {
  const auto z = test::unit_rows(x, x.narrow(0, 0, 0));
  const auto* y = labels.data_ptr<int64_t>();
  double total = 0, count = 0;
  for (size_t a = 0; a < z.size(); ++a)
    for (size_t p = 0; p < z.size(); ++p)
      for (size_t n = 0; n < z.size(); ++n) {
        if (p == a || y[p] != y[a] || y[n] == y[a]) continue;
        total += std::max(0.0, row_distance(z[a], z[p]) - row_distance(z[a], z[n]) + 0.2);
        ++count;
      }
  return total / count;
}

TEST(Metric, LossIsFaceNetsByLoops) {
  const auto method = test::toy_method("metric", 8);
  method->train();
  const auto batch = test::toy_batch(8, 1);
  const auto output = method->step(batch);
  EXPECT_NEAR(output.loss.item<double>(), triplets_by_loops(output.z1, batch.labels), 1e-5);
}

TEST(Metric, EveryLossThatReadsLabelsTrains) {
  int64_t losses = 0;
  for (const auto& row : loss_rows()) {
    if (row.needs.find("labels") == std::string_view::npos) continue;
    ++losses;
    const auto method = test::toy_method("metric", 12, 0, {{"loss.name", std::string(row.name)}});
    method->train();
    const auto output = method->step(test::toy_batch(12, 1));
    EXPECT_TRUE(std::isfinite(output.loss.item<double>())) << row.name;
    output.loss.backward();
    int64_t proxies = 0;
    for (const auto& group : method->parameter_groups({}))
      for (const auto& [name, parameter] : group.parameters) {
        EXPECT_TRUE(parameter.grad().defined()) << row.name << " " << name;
        proxies += name == "proxies" ? parameter.size(0) : 0;
      }
    EXPECT_EQ(proxies, row.needs.find("prototypes") == std::string_view::npos ? 0 : 3) << row.name;
  }
  EXPECT_GE(losses, 10);
}

TEST(Metric, TheLossDecidesWhichOptionsThereAre) {
  const auto recipe = metric_recipe();
  EXPECT_NE(find_field(recipe->fields(), "loss.margin"), nullptr);
  EXPECT_EQ(find_field(recipe->fields(), "loss.gamma"), nullptr);
  Config config;
  config.set("loss.name", "circle", "test");
  config.apply(recipe->fields());
  EXPECT_NE(find_field(recipe->fields(), "loss.gamma"), nullptr);
  config.set("loss.name", "vicreg", "test");
  EXPECT_THROW(config.apply(recipe->fields()), InvalidArgument);
}

TEST(Metric, MinerAndDistanceAreOptions) {
  const auto loss = [](const test::Settings& settings) {
    const auto method = test::toy_method("metric", 12, 0, settings);
    method->train();
    return method->step(test::toy_batch(12, 1)).loss.item<double>();
  };
  EXPECT_GT(loss({{"loss.miner.kind", "hard"}}), loss({}));  // the hardest triplets are worse than the average one
  EXPECT_NE(loss({{"loss.distance", "euclidean"}}), loss({}));
}

TEST(Metric, ProxiesHaveTheirOwnRate) {
  const auto method = test::toy_method("metric", 12, 0, {{"loss.name", "proxy_anchor"}, {"proxies.lr_factor", "100"}});
  const auto groups = method->parameter_groups({});
  EXPECT_EQ(groups.back().name, "proxies");
  EXPECT_EQ(groups.back().lr_factor, 100);
  for (size_t i = 0; i + 1 < groups.size(); ++i)
    for (const auto& [name, parameter] : groups[i].parameters) EXPECT_NE(name, "proxies");
}

TEST(Metric, LandmarkIsTheLossOfEmbeddingsThatAreAllAlike) {
  const auto landmarks = test::toy_method("metric", 12)->landmarks();
  ASSERT_EQ(landmarks.size(), 1u);
  EXPECT_NEAR(landmarks[0].value, 0.2, 1e-6);  // both distances are 0: the margin is left
  EXPECT_NEAR(test::toy_method("metric", 12, 0, {{"loss.name", "sup_con"}})->landmarks().at(0).value, std::log(11.0),
              1e-5);
  EXPECT_TRUE(test::toy_method("metric", 12, 0, {{"loss.name", "proxy_nca"}})->landmarks().empty());
}

TEST(Metric, OneClassIsRefused) {
  const auto recipe = metric_recipe();
  recipe->fields();
  EXPECT_THROW(recipe->make({.encoder = test::toy_method("simclr", 8)->encoder(), .batch = 8, .classes = 1}),
               InvalidArgument);
}

// The default loss, the mean over the anchors' triplets whose other two are rows of the batch or older ones.
double triplets_with_memory(const torch::Tensor& x, const Batch& batch, const torch::Tensor& older,
                            const torch::Tensor& labels, const torch::Tensor& ids) {
  const auto z = test::unit_rows(x, older);
  const auto n = static_cast<size_t>(x.size(0));
  const auto of = [n](const torch::Tensor& a, const torch::Tensor& b, size_t i) {
    return (i < n ? a[static_cast<int64_t>(i)] : b[static_cast<int64_t>(i - n)]).item<int64_t>();
  };
  double total = 0, count = 0;
  for (size_t a = 0; a < n; ++a)
    for (size_t p = 0; p < z.size(); ++p)
      for (size_t q = 0; q < z.size(); ++q) {
        const auto id = [&](size_t i) { return of(batch.ids, ids, i); };
        const auto label = [&](size_t i) { return of(batch.labels, labels, i); };
        if (id(p) == id(a) || id(q) == id(a) || label(p) != label(a) || label(q) == label(a)) continue;
        total += std::max(0.0, row_distance(z[a], z[p]) - row_distance(z[a], z[q]) + 0.2);
        ++count;
      }
  return total / count;
}

// 8 rows a step into a memory of 20; the samples of the last step are those of the first.
TEST(Metric, TheMemoryHoldsOlderRowsThatAreReferences) {
  const auto method = test::toy_method("metric", 8, 0, {{"memory", "20"}});
  method->train();
  const auto buffer = [&](const char* name) { return method->named_buffers()[std::string("memory.") + name]; };
  torch::Tensor rows = torch::zeros({0, 5}), labels = torch::zeros({0}, torch::kLong), ids = labels;
  for (int64_t step = 0; step < 4; ++step) {
    const auto batch = test::toy_batch(8, 1, 0.3, static_cast<uint64_t>(step % 3));
    const auto output = method->step(batch);
    EXPECT_NEAR(output.loss.item<double>(), triplets_with_memory(output.z1, batch, rows, labels, ids), 1e-5) << step;
    const auto last = [](const torch::Tensor& x) { return x.size(0) > 20 ? x.narrow(0, x.size(0) - 20, 20) : x; };
    rows = last(torch::cat({rows, output.z1})), labels = last(torch::cat({labels, batch.labels}));
    ids = last(torch::cat({ids, batch.ids}));
    EXPECT_EQ(output.metrics.at(0).second, static_cast<double>(rows.size(0)));
    EXPECT_EQ(buffer("fill").item<int64_t>(), rows.size(0));
    method->after_optimizer_step(step);
  }
  EXPECT_NEAR(buffer("rows").sum().item<double>(), rows.sum().item<double>(), 1e-4);
}

TEST(Metric, TheMemoryFillsFromItsStart) {
  const auto method = test::toy_method("metric", 8, 0, {{"memory", "20"}, {"memory_start", "2"}});
  method->train();
  for (const int64_t fill : {0, 0, 8, 16}) {
    EXPECT_EQ(method->step(test::toy_batch(8, 1)).metrics.at(0).second, static_cast<double>(fill));
    method->after_optimizer_step(method->named_buffers()["steps"].item<int64_t>());
  }
}

TEST(Metric, EveryLossOnPairsTakesAMemoryAndTheOthersRefuseIt) {
  for (const auto& row : loss_rows()) {
    if (row.needs.find("labels") == std::string_view::npos) continue;
    const test::Settings settings{{"loss.name", std::string(row.name)}, {"memory", "30"}};
    if (row.needs.find("scores") == std::string_view::npos) {
      EXPECT_THROW(test::toy_method("metric", 12, 0, settings), InvalidArgument) << row.name;
      continue;
    }
    const auto method = test::toy_method("metric", 12, 0, settings),
               plain = test::toy_method("metric", 12, 0, {settings[0]});
    method->train(), plain->train();
    for (int64_t step = 0; step < 2; ++step) {
      const auto batch = test::toy_batch(12, 1, 0.3, static_cast<uint64_t>(step));
      const auto with = method->step(batch), without = plain->step(batch);
      EXPECT_TRUE(std::isfinite(with.loss.item<double>())) << row.name;
      EXPECT_EQ(with.loss.item<double>() == without.loss.item<double>(), step == 0) << row.name;
      with.loss.backward();
    }
    EXPECT_EQ(method->landmarks().size(), 1u) << row.name;
  }
  const auto full = test::toy_method("metric", 12, 0, {{"loss.name", "sup_con"}, {"memory", "30"}})->landmarks().at(0);
  EXPECT_NEAR(full.value, std::log(11.0 + 30), 1e-5);
}

TEST(Metric, LearnsWithAMemory) {
  const auto run = test::toy_run("metric", 0.3, 50, {{"memory", "200"}, {"loss.name", "sup_con"}});
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

TEST(Metric, FirstThreeLossesAreThoseStored) {
  constexpr double kTolerance = 1e-4;  // float32 through four layers and two updates
  const std::vector<double> stored{0.308447, 0, 0.0240239};
  const auto losses = test::first_three_losses("metric");
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(losses[i], stored[i], kTolerance) << i;
}

TEST(Metric, FiftyStepsOnClustersBringTheirMembersTogether) {
  const auto run = test::toy_run("metric", 0.3);
  EXPECT_LT(run.last_loss, run.first_loss);
  EXPECT_GT(run.after, run.before + 0.05) << "before " << run.before << ", after " << run.after;
  EXPECT_THAT(run.warnings, testing::IsEmpty());
}

}  // namespace
}  // namespace kindred
