// SPDX-License-Identifier: Apache-2.0
// Needs of a row as a list; the inputs of every row pass, one too few or one too many does not.
#include "kindred/losses/needs.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include <set>

#include "kindred/core/error.h"
#include "kindred/losses/registry.h"
#include "tests/losses/registry_inputs.h"

namespace kindred {
namespace {

TEST(Needs, AreTakenApart) {
  const LossRow row{"x", "", "views:2+ targets:1 mask | ids center", nullptr};
  const auto needs = loss_needs(row);
  ASSERT_EQ(needs.size(), 5u);
  EXPECT_EQ(needs[0].member, "views");
  EXPECT_EQ(needs[0].count, 2);
  EXPECT_TRUE(needs[0].or_more && !needs[0].optional);
  EXPECT_EQ(needs[1].member, "targets");
  EXPECT_FALSE(needs[1].or_more);
  EXPECT_EQ(needs[2].member, "mask");
  EXPECT_FALSE(needs[2].optional);
  EXPECT_TRUE(needs[3].optional && needs[4].optional);
  EXPECT_EQ(needs[4].member, "center");
}

TEST(Needs, EveryRowNamesMembersThatExist) {
  std::set<std::string_view> known{"views", "targets"};
  for (const auto& tensor : loss_tensors()) known.insert(tensor.name);
  EXPECT_EQ(known.size(), 14u) << "LossInputs has a member that loss_tensors() lacks";
  for (const auto& row : loss_rows())
    for (const auto& need : loss_needs(row)) EXPECT_TRUE(known.contains(need.member)) << row.name << " " << need.member;
}

TEST(Needs, InputsThatALossTakesPass) {
  for (const auto& row : loss_rows()) {
    LossInputs in = test::case_inputs(row.name, 4, 3, 1);
    EXPECT_NO_THROW(check_needs(row, in)) << row.name;
    in.views.clear();
    EXPECT_THROW(check_needs(row, in), InvalidArgument) << row.name;
  }
}

TEST(Needs, TooFewAndTooManyAreNamed) {
  const auto message = [](std::string_view loss, const LossInputs& in) -> std::string {
    try {
      check_needs(find_loss(loss), in);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  LossInputs in = test::case_inputs("arcface", 4, 3, 1);
  in.prototypes.reset();
  EXPECT_EQ(message("arcface", in), "arcface: expected prototypes, got none");
  in = test::case_inputs("vicreg", 4, 3, 1);
  in.labels = at::ones({4}, at::kLong);
  EXPECT_EQ(message("vicreg", in), "vicreg: expected inputs among views:2, got labels");
  in = test::case_inputs("mse", 4, 3, 1);
  in.targets.clear();
  EXPECT_EQ(message("mse", in), "mse: expected targets, got none");
  in.views.push_back(in.views[0]);
  EXPECT_EQ(message("mse", in), "");
}

}  // namespace
}  // namespace kindred
