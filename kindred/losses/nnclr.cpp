// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/nnclr.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/info_nce.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/rows.h"

namespace kindred {

at::Tensor nearest_neighbours(const at::Tensor& z, const at::Tensor& support) {
  const at::Tensor rows = checked_rows(z, "nnclr", "z").detach(),
                   set = checked_rows(support, "nnclr", "support").detach();
  check_same_width(rows, set, "nnclr", "z", "support");
  const at::Tensor unit = normalized(set);
  return unit.index_select(0, normalized(rows).mm(unit.t()).argmax(1));
}

at::Tensor nnclr(const at::Tensor& nn1, const at::Tensor& p2, const at::Tensor& nn2, const at::Tensor& p1,
                 const NnclrOptions& options) {
  return nnclr(nn1, p2, nn2, p1, at::Tensor(), options);
}

at::Tensor nnclr(const at::Tensor& nn1, const at::Tensor& p2, const at::Tensor& nn2, const at::Tensor& p1,
                 const at::Tensor& ids, const NnclrOptions& options) {
  check_options(options, "nnclr");
  check(nn1.defined() && nn2.defined(), "nnclr: expected neighbours of both views, got none");
  const auto one = [&](const at::Tensor& nn, const at::Tensor& p) {
    if (options.denominators == "nt_xent")
      return nt_xent(nn.detach(), p, ids, {.temperature = options.temperature, .impl = options.impl});
    return info_nce({.query = nn.detach(), .key = p, .ids = ids},
                    {.temperature = options.temperature, .impl = options.impl});
  };
  return 0.5 * (one(nn1, p2) + one(nn2, p1));
}

}  // namespace kindred
