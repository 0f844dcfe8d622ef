// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/nt_xent.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cmath>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/losses/two_views.h"

namespace kindred {

at::Tensor nt_xent(const at::Tensor& z1, const at::Tensor& z2, const NtXentOptions& options) {
  return nt_xent(z1, z2, at::Tensor(), options);
}

at::Tensor nt_xent(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, const NtXentOptions& options) {
  check_options(options, "nt_xent");
  const TwoViews v = two_views(z1, z2, ids, options.temperature, options.impl, "nt_xent");
  const at::Tensor mean = stable_softplus(v.negative_logsumexp() - v.positive).mean();
  return options.reduction == "sum_of_views" ? 2 * mean : mean;
}

at::Tensor nt_xent_pairs(const at::Tensor& x, const Relation& relation, const NtXentOptions& options) {
  check_options(options, "nt_xent");
  const at::Tensor rows = checked_rows(x, "nt_xent", "x");
  check_relation(relation, rows, "nt_xent");
  choose_implementation(options.impl, rows, "any number of positives", "nt_xent");
  const at::Tensor z = normalized(rows);
  const at::Tensor logits = anchors_of(z, relation).mm(z.t()) / options.temperature;
  const at::Tensor terms =
      stable_softplus(masked_logsumexp(logits, relation.negative).unsqueeze(1) - logits);  // [N, N]
  return mean_where(terms, relation.positive);
}

double nt_xent_uniform_value(int64_t batch) {
  check(batch >= 1, "nt_xent_uniform_value: expected batch >= 1, got ", batch);
  return std::log(static_cast<double>(2 * batch - 1));
}

}  // namespace kindred
