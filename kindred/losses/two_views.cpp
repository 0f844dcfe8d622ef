// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/two_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/group_products.h"

namespace kindred {

at::Tensor TwoViews::negative_logsumexp(double factor) const {
  return self_logsumexp(z, cosine_scale(factor / temperature), negative, by);
}

at::Tensor TwoViews::negative_count() const {
  const at::Tensor alike = at::bincount(negative.row_codes).index_select(0, negative.row_codes);
  return (z.size(0) - alike).to(z.scalar_type());
}

TwoViews two_views(const at::Tensor& z1, const at::Tensor& z2, const at::Tensor& ids, double temperature,
                   const std::string& impl, std::string_view who) {
  const at::Tensor first = checked_rows(z1, who, "z1"), second = checked_rows(z2, who, "z2");
  check_alike(first, second, who, "z1", "z2");
  const int64_t n = first.size(0);
  TwoViews v;
  v.by = choose_implementation(impl, first, nullptr, who);
  v.temperature = temperature;
  v.z = unit_rows({first, second}, v.by);
  const at::Tensor order = counting(n, first), instance = at::cat({order, order});
  const ProductsAndRows partners = group_products_and_rows(v.z, instance, v.by);
  v.positive = partners.products / temperature;
  v.z = partners.rows;
  v.negative = {PairKeep::kDifferent, instance, instance, {}};
  if (ids.defined()) {
    const at::Tensor own = checked_index(ids, n, who, "ids"), both = at::cat({own, own});
    v.negative = coded_mask(PairKeep::kDifferent, both, both);
  }
  return v;
}

}  // namespace kindred
