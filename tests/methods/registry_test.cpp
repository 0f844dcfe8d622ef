// SPDX-License-Identifier: Apache-2.0
// The contract of every method, held against each row of the table: one step on a tiny encoder gives a finite scalar that
// reaches all trained weights, options survive TOML, a page describes it.
#include "kindred/methods/registry.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "tests/methods/toy_learning.h"
#include "tests/methods/toy_method.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

using testing::HasSubstr;

TEST(Methods, NamesAreFoundAndMistypedOnesAreNot) {
  for (const auto& row : method_rows()) EXPECT_EQ(&find_method(row.name), &row);
  try {
    find_method("simcrl");
    FAIL() << "expected InvalidArgument";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("simclr"));
  }
}

TEST(Methods, RowsSayWhatTheyAre) {
  for (const auto& row : method_rows()) {
    EXPECT_FALSE(row.summary.empty()) << row.name;
    EXPECT_THAT(std::string(row.paper), testing::AnyOf(testing::StartsWith("arXiv:"), testing::StartsWith("doi:")))
        << row.name;
    EXPECT_GE(row.views, 1) << row.name;
    EXPECT_NO_THROW(image_view_preset(row.view_preset)) << row.name;
    const auto page = test::golden_path("../../docs/methods") / (std::string(row.name) + ".md");
    EXPECT_TRUE(std::filesystem::exists(page)) << page;
  }
}

TEST(Methods, OptionsSurviveToml) {
  for (const auto& row : method_rows()) {
    const auto from = row.recipe(), to = row.recipe();
    for (const auto& field : from->fields())
      if (auto* const* number = std::get_if<double*>(&field.value)) **number = 0.30000000000000004;
    Config::from_toml(toml_text(from->fields()), "toml").apply(to->fields());
    EXPECT_TRUE(same_values(from->fields(), to->fields())) << row.name;
  }
}

TEST(Methods, AStepGivesAFiniteScalarThatReachesEveryWeight) {
  for (const auto& row : method_rows()) {
    const auto method = test::toy_method(row.name, 8);
    method->train();
    const auto output = method->step(test::toy_batch(8, row.views));
    ASSERT_EQ(output.loss.dim(), 0) << row.name;
    EXPECT_TRUE(std::isfinite(output.loss.item<double>())) << row.name;
    EXPECT_FALSE(output.z1.defined() && output.z1.requires_grad()) << row.name;
    output.loss.backward();
    for (const auto& group : method->parameter_groups({}))
      for (const auto& [name, parameter] : group.parameters)
        EXPECT_TRUE(parameter.grad().defined()) << row.name << " " << name;
    EXPECT_NE(method->encoder(), nullptr) << row.name;
  }
}

// What a checkpoint holds is all there is: a fresh method given it goes on with the same bits.
void expect_that_buffers_are_the_state(std::string_view name, const std::vector<std::string>& settings) {
  const MethodRow& row = find_method(name);
  const auto a = test::toy_with(name, 8, settings), b = test::toy_with(name, 8, settings);
  a->train(), b->train();
  const auto batch = [&](int64_t step) { return test::toy_batch(8, row.views, 0.3, static_cast<uint64_t>(step)); };
  for (int64_t step = 0; step < 7; ++step) test::train_step(*a, batch(step), 0.1, step);
  {
    torch::NoGradGuard no_grad;
    for (const auto& item : a->named_parameters()) b->named_parameters()[item.key()].copy_(item.value());
    for (const auto& item : a->named_buffers()) b->named_buffers()[item.key()].copy_(item.value());
  }
  for (int64_t step = 7; step < 11; ++step)
    EXPECT_EQ(test::train_step(*a, batch(step), 0.1, step), test::train_step(*b, batch(step), 0.1, step))
        << row.name << " " << step;
}

TEST(Methods, ParametersAndBuffersAreTheWholeState) {
  for (const auto& row : method_rows()) expect_that_buffers_are_the_state(row.name, {});
}

TEST(Methods, SoAreThoseOfOtherForms) {
  expect_that_buffers_are_the_state("inst_disc", {"negatives=9", "z_momentum=0.9", "proximal=30"});
  expect_that_buffers_are_the_state("metric", {"memory=20", "memory_start=3"});
  expect_that_buffers_are_the_state("metric", {"loss.name=proxy_anchor"});
  expect_that_buffers_are_the_state("moco", {"symmetric=true"});
  expect_that_buffers_are_the_state("mochi", {"symmetric=true", "warmup=0.05"});
  expect_that_buffers_are_the_state("byol", {"symmetric=false", "ema.schedule=constant"});
  expect_that_buffers_are_the_state("swav", {"queue=16", "queue_from=0.02"});
  expect_that_buffers_are_the_state("dino", {"freeze_epochs=0.06"});
}

TEST(Methods, TheSameSeedGivesTheSameMethod) {
  for (const auto& row : method_rows()) {
    const auto a = test::toy_method(row.name, 8), b = test::toy_method(row.name, 8),
               c = test::toy_method(row.name, 8, 1);
    bool differs = false;
    for (size_t i = 0; i < a->parameters().size(); ++i) {
      EXPECT_TRUE(torch::equal(a->parameters()[i], b->parameters()[i])) << row.name;
      differs = differs || !torch::equal(a->parameters()[i], c->parameters()[i]);
    }
    EXPECT_TRUE(differs) << row.name;
  }
}

}  // namespace
}  // namespace kindred
