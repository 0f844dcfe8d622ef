// SPDX-License-Identifier: Apache-2.0
#include "tests/losses/registry_inputs.h"

#include <torch/types.h>

#include <sstream>

#include "kindred/losses/registry.h"
#include "tests/support/gradcheck.h"

namespace kindred::test {
namespace {

// The number in "views:2+" for the member named; 0 where the loss does not need it.
int64_t needed(std::string_view loss, const std::string& member) {
  std::istringstream words{std::string(find_loss(loss).needs)};
  for (std::string word; words >> word && word != "|";) {
    if (word == member) return 1;
    if (word.starts_with(member + ":")) return std::stol(word.substr(member.size() + 1));
  }
  return 0;
}

using Each = std::function<at::Tensor(const at::Tensor&)>;
void change(at::Tensor& x, const Each& f) {
  if (x.defined()) x = f(x);
}

}  // namespace

bool reads(std::string_view loss, std::string_view member) {
  std::istringstream words{std::string(find_loss(loss).needs)};
  for (std::string word; words >> word;)
    if (word == member || word.starts_with(std::string(member) + ":")) return true;
  return false;
}

bool takes_relation(std::string_view loss) { return reads(loss, "scores"); }

LossInputs case_inputs(std::string_view loss, int64_t n, int64_t d, uint64_t seed) {
  LossInputs in;
  in.seed = seed;
  const bool two_views_of_one = loss == "nt_xent";  // its paper's form
  const int64_t views = two_views_of_one ? 2 : needed(loss, "views");
  for (int64_t v = 0; v < views; ++v) in.views.push_back(random_rows(n, d, 100 * seed + static_cast<uint64_t>(v)));
  // Without targets the views would be each other's, and differences of values would see through the stop-gradient.
  const int64_t targets = loss == "negative_cosine" || loss == "dino" ? 2 : needed(loss, "targets");
  for (int64_t v = 0; v < targets; ++v)
    in.targets.push_back(random_rows(n, d, 100 * seed + 10 + static_cast<uint64_t>(v)));
  if (needed(loss, "labels") || (takes_relation(loss) && !two_views_of_one)) in.labels = torch::arange(n).remainder(3);
  if (needed(loss, "prototypes") || loss == "swav") in.prototypes = random_rows(4, d, 100 * seed + 20);
  if (needed(loss, "queue")) in.queue = random_rows(7, d, 100 * seed + 30);
  if (loss == "nce_memory_bank") in.ids = torch::arange(n).remainder(7);
  if (needed(loss, "mask")) in.mask = torch::arange(n).remainder(2).to(torch::kBool);
  if (n == 1 && in.mask.defined()) in.mask.fill_(true);
  return in;
}

void small_options(std::span<const Field> fields) {
  for (const auto& field : fields) {
    auto* const* whole = std::get_if<int64_t*>(&field.value);
    if (whole == nullptr) continue;
    if (field.name == "negatives" || field.name == "hardest" || field.name == "mixed") **whole = 3;
    if (field.name == "mixed_query") **whole = 2;
  }
  // Z of the batch is a constant to the gradient, so a difference of values would not see it so.
  if (const Field* z = find_field(fields, "z")) *std::get<double*>(z->value) = 20;
  if (const Field* share = find_field(fields, "share")) *std::get<double*>(share->value) = 0.5;
}

std::vector<at::Tensor> leaves_of(const LossInputs& in) {
  std::vector<at::Tensor> out = in.views;
  for (const auto& x : {in.prototypes, in.logit_scale, in.bias})
    if (x.defined()) out.push_back(x);
  return out;
}

LossInputs with_leaves(LossInputs in, const std::vector<at::Tensor>& leaves) {
  size_t next = 0;
  for (auto& view : in.views) view = leaves.at(next++);
  for (auto* x : {&in.prototypes, &in.logit_scale, &in.bias})
    if (x->defined()) *x = leaves.at(next++);
  return in;
}

LossInputs as_type(LossInputs in, at::ScalarType type) {
  const auto cast = [type](const at::Tensor& x) { return x.detach().to(type); };
  const auto leaf = [type](const at::Tensor& x) { return x.detach().to(type).clone().requires_grad_(); };
  for (auto& view : in.views) view = leaf(view);
  for (auto& target : in.targets) target = cast(target);
  for (auto* x : {&in.queue, &in.negatives, &in.center}) change(*x, cast);
  for (auto* x : {&in.prototypes, &in.logit_scale, &in.bias}) change(*x, leaf);
  return in;
}

LossInputs reordered(LossInputs in, const at::Tensor& order) {
  const auto pick = [&](const at::Tensor& x) { return x.index_select(0, order); };
  for (auto& view : in.views) view = pick(view);
  for (auto& target : in.targets) target = pick(target);
  for (auto* x : {&in.labels, &in.ids, &in.scores, &in.similar, &in.mask, &in.negatives}) change(*x, pick);
  return in;
}

LossInputs mapped(LossInputs in, const Each& f) {
  for (auto& view : in.views) view = f(view);
  for (auto& target : in.targets) target = f(target);
  for (auto* x : {&in.queue, &in.prototypes, &in.negatives}) change(*x, f);
  return in;
}

}  // namespace kindred::test
