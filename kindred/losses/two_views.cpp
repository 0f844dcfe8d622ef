// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/two_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

TwoViews two_views(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, double temperature,
                   std::string_view who) {
  const at::Tensor first = checked_rows(z1, who, "z1"), second = checked_rows(z2, who, "z2");
  check_alike(first, second, who, "z1", "z2");
  const int64_t n = first.size(0);
  const at::Tensor instance = ids.defined() ? checked_index(ids, n, who, "ids") : counting(n, first);
  const at::Tensor rows = at::cat({instance, instance});
  const at::Tensor z = normalized(at::cat({first, second}));  // [2B, D]
  const at::Tensor logits = z.mm(z.t()) / temperature;        // [2B, 2B]
  return {logits, at::cat({logits.diagonal(n), logits.diagonal(-n)}), same(rows, rows).logical_not()};
}

}  // namespace kindred
