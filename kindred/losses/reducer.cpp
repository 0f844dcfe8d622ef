// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/reducer.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

at::Tensor at_least_one(const at::Tensor& count) { return count.clamp_min(1); }

}  // namespace

std::vector<std::string> reduction_names() { return {"mean", "sum", "mean_nonzero", "per_anchor", "none"}; }

Reduction reduction_named(std::string_view name) {
  const auto names = reduction_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Reduction>(i);
  throw InvalidArgument(
      concat("reduction: expected one of mean, sum, mean_nonzero, per_anchor, none, got \"", name, "\""));
}

at::Tensor reduce_sums(Reduction reduction, const at::Tensor& sum, const at::Tensor& count, const at::Tensor& nonzero) {
  check(reduction != Reduction::kNone, "reduction: expected one that needs no single terms, got none");
  const auto type = sum.scalar_type();
  if (reduction == Reduction::kPerAnchor) return sum / at_least_one(count).to(type);
  const at::Tensor all = total(sum);
  if (reduction == Reduction::kSum) return all;
  return all / at_least_one(total(reduction == Reduction::kMean ? count : nonzero)).to(type);
}

at::Tensor reduce(Reduction reduction, const at::Tensor& terms, const at::Tensor& anchor, int64_t n) {
  if (reduction == Reduction::kNone) return terms;
  if (reduction == Reduction::kSum) return total(terms);
  if (reduction == Reduction::kMean) return total(terms) / static_cast<double>(std::max<int64_t>(terms.numel(), 1));
  if (reduction == Reduction::kMeanNonzero)
    return total(terms) / at_least_one((terms.detach() > 0).sum()).to(terms.scalar_type());
  const at::Tensor zeros = at::zeros({n}, terms.options());
  const at::Tensor count = zeros.index_add(0, anchor, at::ones_like(terms));
  return zeros.index_add(0, anchor, terms) / at_least_one(count);
}

at::Tensor reduce_pairs(Reduction reduction, const PairTerms& t, int64_t n, bool apart) {
  if (!apart)
    return reduce(reduction, at::cat({t.positive, t.negative}), at::cat({t.positive_anchor, t.negative_anchor}), n);
  check(reduction != Reduction::kNone, "reduction: expected other than none where positives and negatives are apart");
  return reduce(reduction, t.positive, t.positive_anchor, n) + reduce(reduction, t.negative, t.negative_anchor, n);
}

}  // namespace kindred
