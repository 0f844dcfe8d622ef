// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/gradients.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include "kindred/core/error.h"

namespace kindred {
namespace {

// The tensors a gradient reaches, in the order of trained_names().
std::vector<at::Tensor*> trained(LossInputs& in) {
  std::vector<at::Tensor*> out;
  for (auto& view : in.views) out.push_back(&view);
  for (auto* x : {&in.prototypes, &in.logit_scale, &in.bias})
    if (x->defined()) out.push_back(x);
  return out;
}

}  // namespace

std::vector<std::string> trained_names(const LossInputs& in) {
  std::vector<std::string> out;
  for (size_t i = 0; i < in.views.size(); ++i) out.push_back(concat("view ", i + 1));
  if (in.prototypes.defined()) out.emplace_back("prototypes");
  if (in.logit_scale.defined()) out.emplace_back("logit_scale");
  if (in.bias.defined()) out.emplace_back("bias");
  return out;
}

LossGradients loss_gradients(const LossRecipe& loss, LossInputs in) {
  const at::AutoGradMode with_graph(true);
  const auto leaves = trained(in);
  for (at::Tensor* leaf : leaves) *leaf = leaf->detach().requires_grad_();
  LossGradients out;
  {
    const at::Tensor value = loss.make(in);
    if (value.requires_grad()) value.sum().backward();
    out.value = value.detach();
  }
  for (const at::Tensor* leaf : leaves)
    out.gradients.push_back(leaf->grad().defined() ? leaf->grad() : at::zeros_like(*leaf));
  return out;
}

}  // namespace kindred
