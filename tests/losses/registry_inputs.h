// SPDX-License-Identifier: Apache-2.0
// Inputs that each loss of the registry accepts, and what the contract tests do to them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/losses/inputs.h"

namespace kindred::test {

// n instances of d values, float64, random by seed; classes 0, 1, 2, 0, 1, ...
LossInputs case_inputs(std::string_view loss, int64_t n, int64_t d, uint64_t seed);

// Does the loss read `member` ("labels", "ids", "queue", ...), needed or optional?
bool reads(std::string_view loss, std::string_view member);
// Related losses take one view and labels, ids or scores.
bool takes_relation(std::string_view loss);

// Counts that are too large for these inputs (draws, mixtures) made small, and kept apart from kinks.
void small_options(std::span<const Field> fields);

// What a gradient reaches: the views, and prototypes, logit_scale, bias where given.
std::vector<at::Tensor> leaves_of(const LossInputs& in);
LossInputs with_leaves(LossInputs in, const std::vector<at::Tensor>& leaves);

LossInputs as_type(LossInputs in, at::ScalarType type);  // leaves that require a gradient
LossInputs reordered(LossInputs in, const at::Tensor& order);
LossInputs mapped(LossInputs in, const std::function<at::Tensor(const at::Tensor&)>& f);  // all rows of d values

}  // namespace kindred::test
