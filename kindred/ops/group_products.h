// SPDX-License-Identifier: Apache-2.0
// The similarities of each row with the others of its group, added up, in O(N D): sum_j <z_i, z_j> = <z_i, sum_j z_j>.
#pragma once

#include <ATen/core/Tensor.h>

#include "kindred/ops/implementation.h"

namespace kindred {

// out_i = sum over j != i of i's group of <z_i, z_j>. z: [N, D]; groups: [N] int64, codes from 0 to at most N - 1. Returns [N];
// 0 for a group of one. kFused: kernels on a CPU, the same bits for any number of threads; else tensor operations.
at::Tensor group_products(const at::Tensor& z, const at::Tensor& groups, Implementation by);

// The same, and z once more for whatever else is made of the rows: what flows back to `rows` must be a tensor that nobody else
// holds (self_logsumexp's is), for the gradient of the products is added to it in place. Saves memory of z's size.
struct ProductsAndRows {
  at::Tensor products, rows;
};
ProductsAndRows group_products_and_rows(const at::Tensor& z, const at::Tensor& groups, Implementation by);

}  // namespace kindred
