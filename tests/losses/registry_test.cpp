// SPDX-License-Identifier: Apache-2.0
// Proves for every row of the registry: order and names; a page in docs/losses that names each option; a finite scalar of the
// input's type; gradients against central differences; that order of instances, rotation, length of rows and swapped views
// change nothing where they should not, and that the gradients follow them; that every option is checked and survives a round
// trip. The behaviour at the edges is proven by behaviour_test.cpp, shifts, limits and threads by invariance_test.cpp.
#include "kindred/losses/registry.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "tests/losses/registry_inputs.h"
#include "tests/support/golden.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

using test::case_inputs;

at::Tensor run(const LossRow& row, const LossInputs& in) {
  const auto recipe = row.recipe();
  test::small_options(recipe->fields());
  return recipe->make(in);
}

struct Slope {
  double value = 0;
  std::vector<at::Tensor> gradients;  // of leaves_of()
};
Slope slope(const LossRow& row, const LossInputs& in) {
  Slope out;
  const auto f = [&](const std::vector<at::Tensor>& leaves) {
    const at::Tensor loss = run(row, test::with_leaves(in, leaves));
    out.value = loss.item<double>();
    return loss;
  };
  out.gradients = test::gradients_of(f, test::leaves_of(in));
  return out;
}

// Double's rounding through some hundred operations.
void expect_same(const Slope& got, const Slope& want) {
  EXPECT_NEAR(got.value, want.value, 1e-9 * (1 + std::abs(want.value)));
  ASSERT_EQ(got.gradients.size(), want.gradients.size());
  for (size_t i = 0; i < want.gradients.size(); ++i)
    EXPECT_LT((got.gradients[i] - want.gradients[i]).abs().max().item<double>(),
              1e-9 * (1 + want.gradients[i].abs().max().item<double>()))
        << "gradient " << i;
}

// Losses that look at single coordinates, so a rotation changes them.
const std::set<std::string_view> kCoordinates{"barlow_twins", "dino", "vicreg"};
// Losses of the rows as they come: their length matters.
const std::set<std::string_view> kRawRows{
    "barlow_twins", "dino", "lifted_structure", "masked_reconstruction", "mse", "n_pair", "pair", "vicreg"};
// Row i draws from a stream of its place in the batch.
const std::set<std::string_view> kDraws{"mochi", "nce_memory_bank"};
// Weights, codes or mixtures made from the rows without gradient: differences of values see them, the gradient does not.
const std::set<std::string_view> kStopped{"circle", "mochi", "swav"};
// view 0 and view 1, and their targets, play the same part.
const std::set<std::string_view> kSymmetric{
    "align_uniform",   "barlow_twins", "cmc",     "debiased", "decoupled", "dino",  "hard_negative",
    "negative_cosine", "nnclr",        "nt_xent", "siglip",   "swav",      "vicreg"};

class EveryLoss : public testing::TestWithParam<size_t> {
 protected:
  const LossRow& row() const { return loss_rows()[GetParam()]; }
};

TEST_P(EveryLoss, IsFoundByName) {
  EXPECT_EQ(&find_loss(row().name), &row());
  EXPECT_FALSE(row().summary.empty());
}

TEST_P(EveryLoss, HasAPageThatNamesItsOptions) {
  const auto page = test::golden_path("../../docs/losses/" + std::string(row().name) + ".md");
  std::ifstream in(page);
  ASSERT_TRUE(in) << page;
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_NE(text.str().find("# " + std::string(row().name) + "\n"), std::string::npos);
  const auto recipe = row().recipe();
  for (const auto& field : recipe->fields()) {
    if (field.name.starts_with("relation.") || field.name.starts_with("miner.")) continue;  // docs/losses.md has these
    EXPECT_NE(text.str().find("`" + field.name + "` | " + value_text(field.value) + " |"), std::string::npos)
        << field.name;
  }
}

TEST_P(EveryLoss, IsAFiniteScalarOfTheInputsType) {
  for (const auto type : {torch::kFloat64, torch::kFloat32}) {
    const at::Tensor loss = run(row(), test::as_type(case_inputs(row().name, 6, 4, 1), type));
    EXPECT_EQ(loss.dim(), 0);
    EXPECT_EQ(loss.scalar_type(), type);
    EXPECT_TRUE(torch::isfinite(loss).item<bool>());
    EXPECT_TRUE(loss.requires_grad());
  }
}

TEST_P(EveryLoss, FloatIsNearDouble) {
  const LossInputs in = case_inputs(row().name, 9, 5, 2);
  const double exact = run(row(), in).item<double>();
  EXPECT_NEAR(run(row(), test::as_type(in, torch::kFloat32)).item<double>(), exact, 1e-4 * (1 + std::abs(exact)));
}

TEST_P(EveryLoss, GradientIsRight) {
  if (kStopped.contains(row().name))
    GTEST_SKIP() << "part of it carries no gradient; its own test holds that part still";
  for (const int64_t d : {3, 8, 64}) {
    const LossInputs in = case_inputs(row().name, 5, d, 3);
    const auto f = [&](const std::vector<at::Tensor>& leaves) { return run(row(), test::with_leaves(in, leaves)); };
    test::expect_gradients(f, test::leaves_of(in), std::string(row().name));
  }
}

TEST_P(EveryLoss, OrderOfInstancesDoesNotMatter) {
  if (kDraws.contains(row().name)) GTEST_SKIP() << "row i draws from the stream of its place";
  const LossInputs in = case_inputs(row().name, 6, 4, 4);
  const at::Tensor order = torch::tensor({3, 0, 5, 1, 4, 2});
  Slope want = slope(row(), in);
  for (size_t v = 0; v < in.views.size(); ++v) want.gradients[v] = want.gradients[v].index_select(0, order);
  expect_same(slope(row(), test::reordered(in, order)), want);
}

TEST_P(EveryLoss, RotationDoesNotMatter) {
  if (kCoordinates.contains(row().name)) GTEST_SKIP() << "looks at single coordinates";
  const LossInputs in = case_inputs(row().name, 6, 4, 5);
  const at::Tensor q = std::get<0>(torch::linalg_qr(test::random_rows(4, 4, 6)));
  const auto rotate = [&](const at::Tensor& x) { return at::matmul(x, q); };
  Slope want = slope(row(), in);
  for (auto& gradient : want.gradients) gradient = rotate(gradient);
  expect_same(slope(row(), test::mapped(in, rotate)), want);
}

TEST_P(EveryLoss, LengthOfRowsDoesNotMatter) {
  if (kRawRows.contains(row().name)) GTEST_SKIP() << "a loss of the rows as they come";
  LossInputs in = case_inputs(row().name, 6, 4, 7);
  const double value = run(row(), in).item<double>();
  const at::Tensor lengths = torch::tensor({0.1, 1.0, 2.0, 30.0, 0.5, 7.0}, torch::kFloat64).unsqueeze(1);
  LossInputs longer = in;
  for (auto& view : longer.views) view = view * lengths;
  EXPECT_NEAR(run(row(), longer).item<double>(), value, 1e-9 * (1 + std::abs(value)));
  const auto f = [&](const std::vector<at::Tensor>& leaves) { return run(row(), test::with_leaves(in, leaves)); };
  const auto leaves = test::leaves_of(in);
  const auto grads = test::gradients_of(f, leaves);
  for (size_t v = 0; v < in.views.size(); ++v)
    EXPECT_LT((grads[v] * leaves[v]).sum(1).abs().max().item<double>(), 1e-9) << "view " << v;
}

TEST_P(EveryLoss, SwappedViewsDoNotMatter) {
  if (!kSymmetric.contains(row().name)) GTEST_SKIP() << "its views play different parts";
  LossInputs in = case_inputs(row().name, 6, 4, 8);
  Slope want = slope(row(), in);
  std::swap(want.gradients.at(0), want.gradients.at(1));
  std::swap(in.views.at(0), in.views.at(1));
  if (!in.targets.empty()) std::swap(in.targets.at(0), in.targets.at(1));
  expect_same(slope(row(), in), want);
}

TEST_P(EveryLoss, EveryOptionIsChecked) {
  const LossInputs in = case_inputs(row().name, 5, 3, 9);
  const size_t count = row().recipe()->fields().size();
  for (size_t i = 0; i < count; ++i) {
    const auto recipe = row().recipe();
    const Field field = recipe->fields()[i];
    if (auto* const* number = std::get_if<double*>(&field.value)) {
      if (std::isinf(field.range.low)) continue;
      **number = field.range.low - 1;
    } else if (auto* const* whole = std::get_if<int64_t*>(&field.value)) {
      **whole = static_cast<int64_t>(field.range.low) - 1;
    } else if (auto* const* word = std::get_if<std::string*>(&field.value)) {
      **word = "nonsense";
    } else {
      continue;
    }
    try {
      recipe->make(in);
      ADD_FAILURE() << field.name << " was not checked";
    } catch (const InvalidArgument& e) {
      EXPECT_NE(std::string(e.what()).find(field.name.substr(field.name.rfind('.') + 1)), std::string::npos)
          << e.what();
    }
  }
}

TEST_P(EveryLoss, OptionsSurviveARoundTrip) {
  const auto changed = row().recipe(), read = row().recipe();
  for (const auto& field : changed->fields()) {
    if (auto* const* number = std::get_if<double*>(&field.value)) **number = **number * 0.5 + 0.125;
    if (auto* const* flag = std::get_if<bool*>(&field.value)) **flag = !**flag;
    if (auto* const* word = std::get_if<std::string*>(&field.value)) **word = field.choices.back();
  }
  Config::from_toml(toml_text(changed->fields()), "text").apply(read->fields());
  EXPECT_TRUE(same_values(changed->fields(), read->fields()));
}

TEST_P(EveryLoss, WrongShapesAreRefused) {
  const auto recipe = row().recipe();
  LossInputs in = case_inputs(row().name, 5, 3, 10);
  EXPECT_THROW(recipe->make({}), InvalidArgument);
  in.views[0] = torch::ones({5, 3, 2, 2}, torch::kFloat64);
  EXPECT_THROW(recipe->make(in), Error);
  in = case_inputs(row().name, 5, 3, 10);
  in.views[0] = torch::ones({5, 3}, torch::kLong);
  EXPECT_THROW(recipe->make(in), Error);
}

std::string loss_name_of(const testing::TestParamInfo<size_t>& info) {
  return std::string(loss_rows()[info.param].name);
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryLoss, testing::Range<size_t>(0, loss_rows().size()), loss_name_of);

TEST(Registry, HoldsTheFamily) {
  std::vector<std::string> names;
  for (const auto& row : loss_rows()) names.emplace_back(row.name);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  const std::vector<std::string> wanted{"align_uniform",
                                        "arcface",
                                        "barlow_twins",
                                        "binary_nce",
                                        "circle",
                                        "cmc",
                                        "cosine_embedding",
                                        "debiased",
                                        "decoupled",
                                        "dino",
                                        "hard_contrastive",
                                        "hard_negative",
                                        "info_nce",
                                        "lifted_structure",
                                        "masked_reconstruction",
                                        "mi_bound",
                                        "mochi",
                                        "mse",
                                        "multi_similarity",
                                        "n_pair",
                                        "nce_memory_bank",
                                        "negative_cosine",
                                        "nnclr",
                                        "nt_xent",
                                        "pair",
                                        "proxy_anchor",
                                        "proxy_nca",
                                        "siglip",
                                        "simcse",
                                        "sup_con",
                                        "swav",
                                        "triplet",
                                        "vicreg"};
  EXPECT_EQ(names, wanted);
}

TEST(Registry, UnknownNamesGetTheNearest) {
  try {
    find_loss("nt_xnet");
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_NE(std::string(e.what()).find("nt_xent"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace kindred
