// SPDX-License-Identifier: Apache-2.0
// LossRow::needs taken apart, and the tensors of LossInputs by name: for whoever gives a loss its inputs by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/losses/inputs.h"

namespace kindred {

struct LossRow;

struct LossNeed {
  std::string_view member;  // of LossInputs: "views", "labels"
  int64_t count = 1;        // "views:2": 2
  bool or_more = false;     // "views:2+"
  bool optional = false;    // behind '|'
};
// In the row's order. The names point into the row.
std::vector<LossNeed> loss_needs(const LossRow& row);

struct LossTensor {
  std::string_view name;
  at::Tensor LossInputs::*member;
};
// The members of LossInputs that are one tensor: labels, ids, ..., center.
std::span<const LossTensor> loss_tensors();

// Throws InvalidArgument unless what the row needs is given and what is given is read by the row. How many views and
// targets there must be is left to the loss.
void check_needs(const LossRow& row, const LossInputs& in);

}  // namespace kindred
