// SPDX-License-Identifier: Apache-2.0
// What every loss does with its rows before any formula: check them, and bring them to unit length.
//
// Departs from torch's normalize: a row shorter than kZeroNorm becomes a zero row with gradient 0, where g / eps would send
// back 1e12 times the gradient; and rows are scaled by their largest entry first, so that no square over- or underflows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

constexpr double kZeroNorm = 1e-12;  // rows shorter than this have no direction

// x as the losses work on it: [N, D] with N, D >= 1, every number finite, float32 or float64 (half types are widened).
// Throws InvalidArgument (shape, type) or NonFinite (the first bad row is named).
at::Tensor checked_rows(const at::Tensor& x, std::string_view who, std::string_view name);

// The same for a tensor of any shape that is not empty.
at::Tensor checked_values(const at::Tensor& x, std::string_view who, std::string_view name);

// Throws InvalidArgument unless b has the shape, type and device of a.
void check_alike(const at::Tensor& a, const at::Tensor& b, std::string_view who, std::string_view a_name,
                 std::string_view b_name);
// Throws InvalidArgument unless b has as many columns as a, its type and its device.
void check_same_width(const at::Tensor& a, const at::Tensor& b, std::string_view who, std::string_view a_name,
                      std::string_view b_name);

// One int64 per row of n. Throws InvalidArgument.
at::Tensor checked_index(const at::Tensor& x, int64_t n, std::string_view who, std::string_view name);

// similar: one number for each of the n pairs, as bool: > 0. Throws InvalidArgument.
at::Tensor checked_similar(const at::Tensor& similar, int64_t n, std::string_view who);

// x / |x| row by row (last dimension). Zero rows stay zero and get zero gradient.
at::Tensor normalized(const at::Tensor& x);

// All views below one another, each row brought to unit length, in the way the implementation reads them.
at::Tensor unit_rows(const std::vector<at::Tensor>& views, Implementation by);

// Checks every option against its range and choices.
template <class Options>
void check_options(Options options, std::string_view who) {
  check_fields(fields_of(options), who);
}

}  // namespace kindred
