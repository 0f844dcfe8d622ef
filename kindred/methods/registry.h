// SPDX-License-Identifier: Apache-2.0
// One line per method: the recipe that its .cpp defines. Only registry.cpp and the tests include this.
#pragma once

#include <memory>

#include "kindred/methods/method.h"

namespace kindred {

std::unique_ptr<MethodRecipe> align_uniform_recipe();
std::unique_ptr<MethodRecipe> barlow_twins_recipe();
std::unique_ptr<MethodRecipe> byol_recipe();
std::unique_ptr<MethodRecipe> cmc_recipe();
std::unique_ptr<MethodRecipe> dae_recipe();
std::unique_ptr<MethodRecipe> dcl_recipe();
std::unique_ptr<MethodRecipe> debiased_recipe();
std::unique_ptr<MethodRecipe> dino_recipe();
std::unique_ptr<MethodRecipe> hard_contrastive_recipe();
std::unique_ptr<MethodRecipe> hcl_recipe();
std::unique_ptr<MethodRecipe> inst_disc_recipe();
std::unique_ptr<MethodRecipe> masked_recipe();
std::unique_ptr<MethodRecipe> metric_recipe();
std::unique_ptr<MethodRecipe> mochi_recipe();
std::unique_ptr<MethodRecipe> moco_recipe();
std::unique_ptr<MethodRecipe> moco_v1_recipe();
std::unique_ptr<MethodRecipe> nnclr_recipe();
std::unique_ptr<MethodRecipe> semi_sup_recipe();
std::unique_ptr<MethodRecipe> simclr_recipe();
std::unique_ptr<MethodRecipe> simsiam_recipe();
std::unique_ptr<MethodRecipe> sup_con_recipe();
std::unique_ptr<MethodRecipe> supervised_recipe();
std::unique_ptr<MethodRecipe> swav_recipe();
std::unique_ptr<MethodRecipe> vicreg_recipe();

}  // namespace kindred
