// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/hard_contrastive.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <limits>
#include <tuple>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

// The mask of the nearest `wanted` negatives of each row. wanted: [B] int64.
at::Tensor kept(const at::Tensor& similarity, const at::Tensor& negative, const HardContrastiveOptions& options) {
  const at::Tensor have = negative.sum(1);
  const at::Tensor share = (have.to(at::kDouble) * options.share - 1e-9).ceil().to(at::kLong);  // 0.1 * 30 is above 3
  const at::Tensor wanted = options.count > 0 ? have.clamp_max(options.count) : at::minimum(share, have);
  const at::Tensor s =
      similarity.detach().masked_fill(negative.logical_not(), -std::numeric_limits<double>::infinity());
  const auto sorted = s.sort(/*stable=*/true, 1, /*descending=*/true);
  const at::Tensor& order = std::get<1>(sorted);
  const at::Tensor place = counting(s.size(1), s).unsqueeze(0).expand_as(order);
  if (options.ties == "lowest_index")
    return (at::zeros_like(order).scatter(1, order, place) < wanted.unsqueeze(1)) & negative;
  const at::Tensor last = std::get<0>(sorted).gather(1, (wanted - 1).clamp_min(0).unsqueeze(1));  // [B, 1]
  return (s >= last) & negative & (wanted > 0).unsqueeze(1);
}

}  // namespace

at::Tensor hard_contrastive(const at::Tensor& query, const at::Tensor& key, const HardContrastiveOptions& options) {
  return hard_contrastive(query, key, at::Tensor(), options);
}

at::Tensor hard_contrastive(const at::Tensor& query, const at::Tensor& key, const at::Tensor& ids,
                            const HardContrastiveOptions& options) {
  check_options(options, "hard_contrastive");
  const at::Tensor q = checked_rows(query, "hard_contrastive", "query"),
                   k = checked_rows(key, "hard_contrastive", "key");
  check_alike(q, k, "hard_contrastive", "query", "key");
  const at::Tensor s = normalized(q).mm(normalized(k).t());
  at::Tensor negative = off_diagonal(q.size(0), s);
  if (ids.defined()) {
    const at::Tensor index = checked_index(ids, q.size(0), "hard_contrastive", "ids");
    negative = negative & same(index, index).logical_not();
  }
  const at::Tensor hard = kept(s, negative, options), positive = s.diagonal();
  if (options.form == "simple")
    return (options.lambda * at::where(hard, s, at::zeros_like(s)).sum(1) - positive).mean();
  return stable_softplus(masked_logsumexp(s / options.temperature, hard) - positive / options.temperature).mean();
}

}  // namespace kindred
