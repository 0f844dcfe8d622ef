// SPDX-License-Identifier: Apache-2.0
// What proxy_nca, proxy_anchor and arcface are given: rows, the class of each, and one trained row per class.
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

namespace kindred {

struct Proxies {
  at::Tensor rows;     // [N, D] unit rows that have a label
  at::Tensor proxies;  // [C, D] unit rows
  at::Tensor own;      // [N, C] bool: the row's class
  at::Tensor labels;   // [N] int64
};
// x: [N, D], labels: [N] int64 in [0, C) or kNoLabel (such rows are left out), proxies: [C, D]. Throws InvalidArgument, NonFinite.
Proxies checked_proxies(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies, std::string_view who);

}  // namespace kindred
