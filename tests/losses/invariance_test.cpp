// SPDX-License-Identifier: Apache-2.0
// Proves for losses of the registry, with value and gradient:
// * softmax losses do not see a shift of all logits, and a query's gradient has none of what all its keys have in common: the
//   row sums of the gradient in the logits are 0;
// * where every row is the same, they give the logarithm of the number of terms, and no gradient;
// * rows that occur twice give finite numbers;
// * the same bits each time, and on 1, 2 and 3 threads the same but for the rounding of the BLAS's products.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <map>
#include <string>

#include "kindred/losses/registry.h"
#include "tests/losses/registry_inputs.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

using Numbers = std::map<std::string, double>;  // options by name

struct Evaluated {
  at::Tensor value;
  std::vector<at::Tensor> gradients;
};
Evaluated evaluate(const std::string& loss, const LossInputs& in, const Numbers& options = {}) {
  const auto recipe = find_loss(loss).recipe();
  test::small_options(recipe->fields());
  for (const auto& [name, number] : options) *std::get<double*>(find_field(recipe->fields(), name)->value) = number;
  Evaluated out;
  const auto f = [&](const std::vector<at::Tensor>& leaves) {
    out.value = recipe->make(test::with_leaves(in, leaves));
    return out.value;
  };
  out.gradients = test::gradients_of(f, test::leaves_of(in));
  return out;
}
double largest_gradient(const Evaluated& x) {
  double out = 0;
  for (const auto& g : x.gradients) out = std::max(out, g.abs().max().item<double>());
  return out;
}

at::Tensor to_unit(const at::Tensor& x) { return x / x.norm(2, 1, true); }
at::Tensor with_column(const at::Tensor& x, double value) {
  return torch::cat({x, torch::full({x.size(0), 1}, value, torch::kFloat64)}, 1);
}

// Softmax losses without a floor or a clamp. (mochi mixes rows, and what it mixes is no cone's.)
class SoftmaxLoss : public testing::TestWithParam<std::string> {};

// Unit rows x on a cone, (x cos a, sin a): s becomes s cos^2 a + sin^2 a. At the temperature t cos^2 a the logits are those
// of x at t and a constant more.
TEST_P(SoftmaxLoss, AShiftOfAllLogitsDoesNotMatter) {
  constexpr double kTemperature = 0.3, kAngle = 0.7;
  const double c = std::cos(kAngle);
  const LossInputs flat = test::mapped(test::case_inputs(GetParam(), 6, 4, 21), to_unit);
  const LossInputs cone = test::mapped(flat, [&](const at::Tensor& x) { return with_column(x * c, std::sin(kAngle)); });
  const double want = evaluate(GetParam(), flat, {{"temperature", kTemperature}}).value.item<double>();
  const double got = evaluate(GetParam(), cone, {{"temperature", kTemperature * c * c}}).value.item<double>();
  EXPECT_NEAR(got, want, 1e-12 * (1 + std::abs(want)));
}

std::string softmax_loss_name(const testing::TestParamInfo<std::string>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Losses, SoftmaxLoss,
                         testing::Values("cmc", "decoupled", "hard_contrastive", "info_nce", "mi_bound", "nnclr",
                                         "nt_xent", "simcse", "sup_con"),
                         softmax_loss_name);

TEST(SoftmaxLosses, NPairDoesNotSeeAColumnThatAllRowsShare) {
  const LossInputs in = test::case_inputs("n_pair", 6, 4, 22);
  const LossInputs longer = test::mapped(in, [](const at::Tensor& x) { return with_column(x, 1.5); });
  const double want = evaluate("n_pair", in, {{"l2", 0}}).value.item<double>();
  EXPECT_NEAR(evaluate("n_pair", longer, {{"l2", 0}}).value.item<double>(), want, 1e-12 * (1 + want));
}

// Keys (k cos a, sin a), queries (q, 0): along the last axis a query's gradient is sin a times the sum of its row.
TEST(SoftmaxLosses, OneWayRowsSumToZero) {
  for (const std::string loss : {"info_nce", "mi_bound", "simcse"}) {
    LossInputs in = test::case_inputs(loss, 6, 4, 23);
    in.views[0] = with_column(in.views[0], 0);
    in.views[1] = with_column(to_unit(in.views[1]) * std::cos(0.7), std::sin(0.7));
    const at::Tensor gradient = evaluate(loss, in).gradients[0];
    EXPECT_GT(gradient.abs().amax(1).min().item<double>(), 1e-5) << loss;
    EXPECT_LT(gradient.select(1, 4).abs().max().item<double>(), 1e-14) << loss;
  }
}

// n = 6 instances of one row.
TEST(SoftmaxLosses, EqualRowsGiveTheLogarithmOfTheTerms) {
  const Numbers expected{
      {"align_uniform", 0},               // both terms are 0
      {"cmc", 2 * std::log(6)},           // two directions of n terms
      {"debiased", std::log(11)},         // 2n - 1
      {"decoupled", std::log(10)},        // 2n - 2: the positive is not below the line
      {"hard_contrastive", std::log(6)},  // ties are kept
      {"hard_negative", std::log(11)},
      {"info_nce", std::log(6)},
      {"mi_bound", 0},                     // ln n - ln n
      {"mochi", std::log(1 + 7 + 3 + 2)},  // positive, queue, mixtures
      {"nnclr", std::log(6)},
      {"nt_xent", std::log(11)},
      {"simcse", std::log(6)},
      {"sup_con", std::log(5)},  // one view of 6 rows
  };
  for (const auto& [loss, value] : expected) {
    const at::Tensor row = torch::tensor({{0.3, -0.4, 1.2}}, torch::kFloat64);
    const LossInputs in = test::mapped(test::case_inputs(loss, 6, 3, 24), [&](const at::Tensor& x) {
      return row.repeat({x.size(0), 1});
    });
    const Evaluated got = evaluate(loss, in);
    EXPECT_NEAR(got.value.item<double>(), value, 1e-12) << loss;
    EXPECT_LT(largest_gradient(got), 1e-12) << loss;
  }
}

class AnyLoss : public testing::TestWithParam<size_t> {
 protected:
  std::string loss() const { return std::string(loss_rows()[GetParam()].name); }
};

TEST_P(AnyLoss, RowsThatOccurTwiceGiveFiniteNumbers) {
  const at::Tensor twice = torch::tensor({0, 1, 2, 0, 1, 2});  // two of a class, and others
  const auto doubled = [&](const at::Tensor& x) { return x.size(0) == 6 ? x.index_select(0, twice) : x; };
  LossInputs in = test::mapped(test::case_inputs(loss(), 6, 4, 25), doubled);
  for (const bool same_views : {false, true}) {
    if (same_views)
      for (auto& view : in.views) view = in.views[0];
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
      const LossInputs typed = test::as_type(in, type);
      const Evaluated got = evaluate(loss(), typed);
      EXPECT_TRUE(torch::isfinite(got.value).item<bool>());
      for (const auto& g : got.gradients) EXPECT_TRUE(torch::isfinite(g).all().item<bool>());
    }
  }
}

// 200 rows: enough for the operations to use several threads.
TEST_P(AnyLoss, TheNumberOfThreadsDoesNotMatter) {
  const LossInputs in = test::case_inputs(loss(), 200, 24, 26);
  const int before = at::get_num_threads();
  Evaluated first;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    const Evaluated got = evaluate(loss(), in), again = evaluate(loss(), in);
    if (!first.value.defined()) first = got;
    EXPECT_TRUE(torch::equal(got.value, again.value)) << threads << " threads";
    EXPECT_TRUE(torch::allclose(got.value, first.value, 1e-11, 1e-13)) << threads << " threads";
    for (size_t i = 0; i < first.gradients.size(); ++i) {
      EXPECT_TRUE(torch::equal(got.gradients[i], again.gradients[i])) << threads << " threads, gradient " << i;
      EXPECT_LT((got.gradients[i] - first.gradients[i]).abs().max().item<double>(),
                1e-11 * first.gradients[i].abs().max().item<double>() + 1e-15)
          << threads << " threads, gradient " << i;
    }
  }
  at::set_num_threads(before);
}

std::string any_loss_name(const testing::TestParamInfo<size_t>& info) {
  return std::string(loss_rows()[info.param].name);
}
INSTANTIATE_TEST_SUITE_P(Registry, AnyLoss, testing::Range<size_t>(0, loss_rows().size()), any_loss_name);

}  // namespace
}  // namespace kindred
