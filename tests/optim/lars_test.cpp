// SPDX-License-Identifier: Apache-2.0
// Proves: LARS against the shared vector, a slow double loop, and the rules for 1-D parameters and zero norms.
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/error.h"
#include "tests/optim/fixture.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

TEST(Lars, MatchesTheVector) {
  const auto c = test::golden_case("vectors/schedules_and_optimisers.json", "two_steps");
  const auto& o = c["options"];
  const auto start = c["inputs"]["p"].get<std::vector<double>>(),
             g = c["inputs"]["g_same_each_step"].get<std::vector<double>>();
  auto p = torch::tensor(start, torch::kFloat64).requires_grad_(true);
  const OptimizerOptions options{.name = "lars", .momentum = o["momentum"], .trust = o["trust"]};
  const auto optimizer = make_optimizer(options, {test::group_of({p}, o["weight_decay"])}, o["lr"]);
  for (const auto& expected : c["expected_value"]) {
    p.mutable_grad() = torch::tensor(g, torch::kFloat64);
    optimizer->step(o["lr"]);
    for (int64_t i = 0; i < 2; ++i)
      EXPECT_NEAR(p[i].item<double>(), expected[static_cast<size_t>(i)].get<double>(), 1e-14);
  }
}

// The definition in plain loops, several parameters and steps, a changing rate.
TEST(Lars, EqualsTheDefinitionInALoop) {
  const double decay = 0.02, trust = 0.01, momentum = 0.8;
  const auto ours = test::three_parameters(at::kDouble);
  auto group = test::group_of(ours, decay);
  const auto optimizer = make_optimizer({.name = "lars", .momentum = momentum, .trust = trust}, {group}, 1);
  std::vector<std::vector<double>> p, v;
  for (const auto& parameter : ours) {
    p.emplace_back(parameter.data_ptr<double>(), parameter.data_ptr<double>() + parameter.numel());
    v.emplace_back(p.back().size(), 0.0);
  }
  for (int64_t step = 0; step < 10; ++step) {
    const double lr = 0.5 / static_cast<double>(1 + step);
    test::set_gradients(ours, step);
    for (size_t k = 0; k < ours.size(); ++k) {
      const auto gradient = ours[k].grad();
      const auto* g = gradient.data_ptr<double>();
      std::vector<double> d(p[k].size());
      double weights = 0, updates = 0;
      for (size_t i = 0; i < d.size(); ++i) {
        d[i] = g[i] + decay * p[k][i];
        weights += p[k][i] * p[k][i];
        updates += d[i] * d[i];
      }
      for (size_t i = 0; i < d.size(); ++i) {
        v[k][i] = momentum * v[k][i] + trust * std::sqrt(weights) / std::sqrt(updates) * d[i];
        p[k][i] -= lr * v[k][i];
      }
    }
    optimizer->step(lr);
  }
  for (size_t k = 0; k < ours.size(); ++k)
    for (size_t i = 0; i < p[k].size(); ++i) EXPECT_NEAR(ours[k].data_ptr<double>()[i], p[k][i], 1e-13);
}

// A bias takes the plain step lr * g: no decay, no trust ratio.
TEST(Lars, LeavesOneDimensionalParametersUnadapted) {
  torch::nn::Linear linear(3, 2);
  linear->to(torch::kFloat64);
  const OptimizerOptions options{.name = "lars", .weight_decay = 0.5, .momentum = 0, .trust = 0.001};
  const auto optimizer = make_optimizer(options, default_groups(*linear, options), 1);
  const auto bias = linear->bias.detach().clone();
  linear->weight.mutable_grad() = torch::ones_like(linear->weight);
  linear->bias.mutable_grad() = torch::ones_like(linear->bias);
  optimizer->step(0.25);
  EXPECT_LT((linear->bias - (bias - 0.25)).abs().max().item<double>(), 1e-15);
}

// Zero weights (a zero-initialised scale) and zero gradients take ratio 1 and stay finite.
TEST(Lars, ZeroNormsTakeRatioOne) {
  auto p = torch::zeros({2, 2}, torch::kFloat64).requires_grad_(true),
       q = torch::ones({2, 2}, torch::kFloat64).requires_grad_(true);
  p.mutable_grad() = torch::ones({2, 2}, torch::kFloat64);
  q.mutable_grad() = torch::zeros({2, 2}, torch::kFloat64);
  make_optimizer({.name = "lars", .momentum = 0}, {test::group_of({p, q}, 0)}, 1)->step(0.5);
  EXPECT_TRUE(torch::equal(p.detach(), torch::full({2, 2}, -0.5, torch::kFloat64)));
  EXPECT_TRUE(torch::equal(q.detach(), torch::ones({2, 2}, torch::kFloat64)));
}

}  // namespace
}  // namespace kindred
