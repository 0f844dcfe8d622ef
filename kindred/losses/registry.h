// SPDX-License-Identifier: Apache-2.0
// All losses by name.
//
//   auto recipe = find_loss("nt_xent").recipe();
//   config.apply(recipe->fields());                         // options by name
//   at::Tensor loss = recipe->make({.views = {z1, z2}});
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "kindred/core/recipe.h"
#include "kindred/losses/inputs.h"

namespace kindred {

// make() is the loss itself: a scalar with graph (a vector where an option asks for no reduction).
using LossRecipe = Recipe<at::Tensor, const LossInputs&>;

struct LossRow {
  std::string_view name;
  std::string_view summary;
  // The members of LossInputs it reads, in the order files are given on a command line: "views:2" is two of them, "views:2+" two
  // or more; those behind '|' are optional.
  std::string_view needs;
  std::unique_ptr<LossRecipe> (*recipe)();
};

std::span<const LossRow> loss_rows();             // sorted by name
const LossRow& find_loss(std::string_view name);  // throws InvalidArgument with the nearest names

}  // namespace kindred
