// SPDX-License-Identifier: Apache-2.0
// Sums that stay finite: the pieces all losses are made of.
//
// NOTE [Empty sets] The log-sum-exp of nothing is -inf with gradient 0; stable_softplus(-inf) is 0. So a row without negatives
// adds 0 to a softmax loss and needs no branch.
#pragma once

#include <cstdint>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// log(1 + e^x); right for every finite x and for +-inf.
at::Tensor stable_softplus(const at::Tensor& x);

// log sum e^x over the last dimension, where mask (bool, of x's shape). No NaN and no gradient from what is masked.
at::Tensor masked_logsumexp(const at::Tensor& x, const at::Tensor& mask);

// log(e^a + e^b), also where one or both are -inf.
at::Tensor log_add(const at::Tensor& a, const at::Tensor& b);

// The sum of all elements, added in an order that does not depend on the number of threads.
at::Tensor total(const at::Tensor& x);

// The mean of values where valid (bool, same shape); 0 with a gradient path where nothing is.
at::Tensor mean_where(const at::Tensor& values, const at::Tensor& valid);

// Whole numbers 0 .. n - 1 on the device of like, [n] int64.
at::Tensor counting(int64_t n, const at::Tensor& like);

// [n, n] bool on the device of like, true off the diagonal.
at::Tensor off_diagonal(int64_t n, const at::Tensor& like);

// [n, m] bool: element ij says whether a[i] is b[j].
at::Tensor same(const at::Tensor& a, const at::Tensor& b);

}  // namespace kindred
