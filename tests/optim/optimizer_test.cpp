// SPDX-License-Identifier: Apache-2.0
// Proves, for every optimiser: a saved state continues with identical bits; bad states are refused untouched; groups,
// fixed rates and missing gradients do what optimizer.h says. And lr scaling, default groups, clipping.
#include "kindred/optim/optimizer.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "tests/optim/fixture.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class EveryOptimizer : public ::testing::TestWithParam<const char*> {
 protected:
  OptimizerOptions options() const { return {.name = GetParam(), .momentum = 0.9}; }
  void run(Optimizer& optimizer, const std::vector<torch::Tensor>& parameters, int64_t from, int64_t to) const {
    for (int64_t step = from; step < to; ++step) {
      test::set_gradients(parameters, step);
      if (step == 2) parameters[0].mutable_grad().reset();
      optimizer.step(0.05);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(All, EveryOptimizer, ::testing::Values("adamw", "lars", "sgd"));

TEST_P(EveryOptimizer, ASavedStateContinuesWithTheSameBits) {
  const auto whole = test::three_parameters(at::kFloat), first = test::three_parameters(at::kFloat);
  const auto uninterrupted = make_optimizer(options(), {test::group_of(whole, 0.01)}, 0.1);
  run(*uninterrupted, whole, 0, 12);

  const auto before = make_optimizer(options(), {test::group_of(first, 0.01)}, 0.1);
  run(*before, first, 0, 5);
  std::vector<std::pair<std::string, torch::Tensor>> saved;
  for (const auto& [name, tensor] : before->state()) saved.emplace_back(name, tensor.clone());
  std::reverse(saved.begin(), saved.end());  // order is no part of the state
  std::vector<torch::Tensor> second;
  for (const auto& p : first) second.push_back(p.detach().clone().requires_grad_(true));
  const auto after = make_optimizer(options(), {test::group_of(second, 0.01)}, 0.1);
  after->load_state(saved);
  run(*after, second, 5, 12);

  for (size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(torch::equal(whole[i], second[i])) << "p" << i;
  const auto end = uninterrupted->state(), resumed = after->state();
  ASSERT_EQ(end.size(), resumed.size());
  for (size_t i = 0; i < end.size(); ++i) {
    EXPECT_EQ(end[i].first, resumed[i].first);
    EXPECT_TRUE(torch::equal(end[i].second, resumed[i].second)) << end[i].first;
  }
}

TEST_P(EveryOptimizer, RefusesAStateThatIsNotItsOwn) {
  const auto parameters = test::three_parameters(at::kFloat);
  const auto optimizer = make_optimizer(options(), {test::group_of(parameters, 0)}, 0.1);
  const auto good = optimizer->state();
  const auto refused = [&](auto change, const char* message) {
    std::vector<std::pair<std::string, torch::Tensor>> bad;
    for (const auto& [name, tensor] : good) bad.emplace_back(name, tensor + 1);
    change(bad);
    EXPECT_THAT([&] { optimizer->load_state(bad); }, ThrowsMessage<InvalidArgument>(HasSubstr(message)));
    for (const auto& [name, tensor] : optimizer->state())
      EXPECT_TRUE(torch::equal(tensor, torch::zeros_like(tensor))) << "written: " << name;
  };
  refused([](auto& s) { s.pop_back(); }, "got none");
  refused([](auto& s) { s.back().first = "other/momentum"; }, "got none");
  refused([](auto& s) { s.emplace_back("extra/momentum", torch::zeros({2})); }, "tensors, got");
  refused([](auto& s) { s.push_back(s.front()); }, "twice");
  refused([](auto& s) { s.back().second = torch::zeros({9}); }, "of shape");
  refused([](auto& s) { s.back().second = s.back().second.to(torch::kHalf); }, "of shape");
}

TEST_P(EveryOptimizer, LeavesParametersWithoutAGradientAlone) {
  const auto parameters = test::three_parameters(at::kFloat);
  const auto before = parameters[0].detach().clone();
  const auto optimizer = make_optimizer(options(), {test::group_of(parameters, 0.5)}, 0.1);
  test::set_gradients(parameters, 0);
  optimizer->zero_grad();
  for (const auto& p : parameters) EXPECT_FALSE(p.grad().defined());
  optimizer->step(0.1);
  EXPECT_TRUE(torch::equal(parameters[0].detach(), before));
}

TEST_P(EveryOptimizer, GroupsHaveTheirOwnRates) {
  // The same parameter three times: at lr 0.2; at lr 0.1 times 2; at lr 0 with the peak 0.2 fixed.
  std::vector<torch::Tensor> p;
  for (int i = 0; i < 3; ++i) p.push_back(test::normal_tensor({3, 3}, 1).requires_grad_(true));
  auto twice = test::group_of({p[1]}, 0.01), fixed = test::group_of({p[2]}, 0.01);
  twice.lr_factor = 2;
  fixed.fixed_lr = true;
  const std::vector<double> rates = {0.2, 0.1, 0};
  const std::vector<ParameterGroup> groups = {test::group_of({p[0]}, 0.01), twice, fixed};
  for (size_t i = 0; i < 3; ++i) {
    const auto optimizer = make_optimizer(options(), {groups[i]}, 0.2);
    for (int step = 0; step < 3; ++step) {
      p[i].mutable_grad() = test::normal_tensor({3, 3}, 50 + static_cast<uint64_t>(step));
      optimizer->step(rates[i]);
    }
  }
  EXPECT_TRUE(torch::equal(p[0], p[1]));
  EXPECT_TRUE(torch::equal(p[0], p[2]));
  EXPECT_FALSE(torch::equal(p[0].detach(), test::normal_tensor({3, 3}, 1)));
}

TEST(Optimizer, RefusesBadOptionsAndRepeatedNames) {
  EXPECT_THROW(make_optimizer({.name = "adam"}, {}, 0.1), InvalidArgument);
  EXPECT_THROW(make_optimizer({.name = "sgd", .momentum = 1}, {}, 0.1), InvalidArgument);
  EXPECT_THROW(make_optimizer({.name = "lars", .trust = 0}, {}, 0.1), InvalidArgument);
  const auto parameters = test::three_parameters(at::kFloat);
  EXPECT_THROW(make_optimizer({}, {test::group_of(parameters, 0), test::group_of(parameters, 0)}, 0.1),
               InvalidArgument);
}

TEST(Optimizer, OptionsSurviveToml) {
  OptimizerOptions a{.name = "lars",
                     .lr = 0.3,
                     .lr_scale = "sqrt",
                     .weight_decay = 1e-6,
                     .momentum = 0.8,
                     .nesterov = true,
                     .beta1 = 0.8,
                     .beta2 = 0.95,
                     .eps = 1e-6,
                     .trust = 0.01,
                     .decay_1d = true,
                     .clip_norm = 2.5},
      b;
  Config::from_toml(toml_text(fields_of(a)), "test").apply(fields_of(b));
  EXPECT_TRUE(same_values(fields_of(a), fields_of(b)));
}

TEST(ScaledLr, MatchesTheVector) {
  const auto c = test::golden_case("vectors/schedules_and_optimisers.json", "rules");
  const auto compare = [&](const char* row, OptimizerOptions options) {
    for (size_t i = 0; i < c["inputs"]["batch"].size(); ++i)
      EXPECT_NEAR(scaled_lr(options, c["inputs"]["batch"][i]), c["expected_value"][row][i].get<double>(), 1e-14) << row;
  };
  compare("simclr_linear_0p3", {.lr = 0.3, .lr_scale = "linear"});
  compare("simclr_sqrt_0p075", {.lr = 0.075, .lr_scale = "sqrt"});
  compare("byol_0p2", {.lr = 0.2, .lr_scale = "linear"});
  compare("simsiam_0p05", {.lr = 0.05, .lr_scale = "linear"});
  EXPECT_EQ(scaled_lr({.lr = 0.7, .lr_scale = "none"}, 4096), 0.7);
}

TEST(DefaultGroups, SplitsByDimensionAndLeavesFrozenParametersOut) {
  torch::nn::Sequential net(torch::nn::Linear(3, 4), torch::nn::BatchNorm1d(4), torch::nn::Linear(4, 2));
  net->named_parameters()["2.weight"].set_requires_grad(false);
  const auto groups = default_groups(*net, {.weight_decay = 0.25});
  const auto names = [](const ParameterGroup& group) {
    std::vector<std::string> out;
    for (const auto& item : group.parameters) out.push_back(item.first);
    return out;
  };
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].weight_decay, 0.25);
  EXPECT_TRUE(groups[0].adapt);
  EXPECT_THAT(names(groups[0]), ::testing::ElementsAre("0.weight"));
  EXPECT_EQ(groups[1].weight_decay, 0);
  EXPECT_FALSE(groups[1].adapt);
  EXPECT_THAT(names(groups[1]), ::testing::ElementsAre("0.bias", "1.weight", "1.bias", "2.bias"));
  const auto all = default_groups(*net, {.weight_decay = 0.25, .decay_1d = true});
  EXPECT_EQ(all[0].parameters.size(), 5u);
  EXPECT_TRUE(all[1].parameters.empty());
}

TEST(ClipGradients, ScalesToTheNormAndReturnsTheOldOne) {
  auto p = torch::zeros({2}, torch::kFloat64).requires_grad_(true),
       q = torch::zeros({1}, torch::kFloat64).requires_grad_(true);
  const std::vector<ParameterGroup> groups = {test::group_of({p}, 0), test::group_of({q}, 0)};
  const auto set = [&] {
    p.mutable_grad() = torch::tensor({2.0, 3.0}, torch::kFloat64);
    q.mutable_grad() = torch::tensor({6.0}, torch::kFloat64);
  };
  set();  // norm 7
  EXPECT_EQ(clip_gradients(groups, 0), 7);
  EXPECT_EQ(clip_gradients(groups, 7), 7);
  EXPECT_EQ(p.grad()[0].item<double>(), 2);  // neither measured nor reached: untouched
  EXPECT_EQ(clip_gradients(groups, 3.5), 7);
  EXPECT_EQ(p.grad()[0].item<double>(), 1);
  EXPECT_EQ(p.grad()[1].item<double>(), 1.5);
  EXPECT_EQ(q.grad()[0].item<double>(), 3);
  q.mutable_grad().reset();
  EXPECT_NEAR(clip_gradients(groups, 0), std::sqrt(3.25), 1e-15);
}

TEST(ClipGradients, LeavesNonFiniteGradientsToBeFound) {
  auto p = torch::zeros({2}, torch::kFloat64).requires_grad_(true);
  p.mutable_grad() = torch::tensor({std::nan(""), 3.0}, torch::kFloat64);
  EXPECT_TRUE(std::isnan(clip_gradients({test::group_of({p}, 0)}, 1)));
  EXPECT_EQ(p.grad()[1].item<double>(), 3);
}

}  // namespace
}  // namespace kindred
