// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/needs.h"

#include <algorithm>
#include <array>

#include "kindred/core/error.h"
#include "kindred/losses/registry.h"

namespace kindred {
namespace {

constexpr std::array kTensors{
    LossTensor{"labels", &LossInputs::labels},       LossTensor{"ids", &LossInputs::ids},
    LossTensor{"scores", &LossInputs::scores},       LossTensor{"similar", &LossInputs::similar},
    LossTensor{"queue", &LossInputs::queue},         LossTensor{"queue_ids", &LossInputs::queue_ids},
    LossTensor{"negatives", &LossInputs::negatives}, LossTensor{"prototypes", &LossInputs::prototypes},
    LossTensor{"mask", &LossInputs::mask},           LossTensor{"logit_scale", &LossInputs::logit_scale},
    LossTensor{"bias", &LossInputs::bias},           LossTensor{"center", &LossInputs::center},
};

// "views:2+"
LossNeed parsed(std::string_view word, bool optional) {
  LossNeed need{.member = word.substr(0, word.find(':')), .optional = optional};
  if (need.member.size() < word.size()) {
    need.count = word[need.member.size() + 1] - '0';
    need.or_more = word.back() == '+';
  }
  return need;
}

}  // namespace

std::vector<LossNeed> loss_needs(const LossRow& row) {
  std::vector<LossNeed> needs;
  bool optional = false;
  for (std::string_view rest = row.needs; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (word == "|") optional = true;
    else needs.push_back(parsed(word, optional));
  }
  return needs;
}

std::span<const LossTensor> loss_tensors() { return kTensors; }

void check_needs(const LossRow& row, const LossInputs& in) {
  const auto needs = loss_needs(row);
  const auto need_of = [&](std::string_view member) {
    return std::find_if(needs.begin(), needs.end(), [&](const LossNeed& need) { return need.member == member; });
  };
  const auto judge = [&](std::string_view member, bool given) {
    const auto need = need_of(member);
    check(!given || need != needs.end(), row.name, ": expected inputs among ", row.needs, ", got ", member);
    check(given || need == needs.end() || need->optional, row.name, ": expected ", member, ", got none");
  };
  judge("views", !in.views.empty());
  // Some losses (mse) take a second view in the place of a target.
  if (!in.targets.empty() || in.views.size() < 2) judge("targets", !in.targets.empty());
  for (const auto& tensor : kTensors) judge(tensor.name, (in.*tensor.member).defined());
}

}  // namespace kindred
