// SPDX-License-Identifier: Apache-2.0
// Blocks of rows against all columns, made of tensor operations: any device, memory O(N D) and one block.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <limits>

#include "kindred/ops/logsumexp_passes.h"

namespace kindred {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();
constexpr int64_t kBlockNumbers = int64_t{1} << 22;  // similarities of a block

// Rows [from, from + count) of the logits, -inf where they do not count.
struct Block {
  at::Tensor logits;
  int64_t from, count;
};
template <class Body>
void over_blocks(const at::Tensor& q, const at::Tensor& k, bool self, const PairScale& scale, const PairMask& mask,
                 const Body& body) {
  const int64_t n = q.size(0), step = std::clamp<int64_t>(kBlockNumbers / std::max<int64_t>(k.size(0), 1), 1, n);
  for (int64_t from = 0; from < n; from += step) {
    const int64_t count = std::min(step, n - from);
    at::Tensor u = q.narrow(0, from, count).mm(k.t()).mul_(scale.scale);
    if (self) u.narrow(1, from, count).diagonal().fill_(kNone);
    if (mask.keep != PairKeep::kAll) {
      const at::Tensor same = mask.row_codes.narrow(0, from, count).unsqueeze(1) == mask.column_codes.unsqueeze(0);
      u.masked_fill_(mask.keep == PairKeep::kSame ? same.logical_not() : same, kNone);
    }
    if (mask.kept.defined()) u.masked_fill_(mask.kept.narrow(0, from, count).logical_not(), kNone);
    body(Block{u, from, count});
  }
}

// log-sum-exp that takes rows of -inf to -inf, without NaN.
at::Tensor lse_of(const at::Tensor& u, int64_t dim) {
  const at::Tensor top = u.amax(dim, /*keepdim=*/true), finite = top.masked_fill(top == kNone, 0);
  return (u - finite).exp().sum(dim).log() + finite.squeeze(dim);
}

// g e^(u - lse), 0 where lse is -inf. lse, g: shaped to spread over u.
at::Tensor weights_of(const at::Tensor& u, const at::Tensor& lse, const at::Tensor& g) {
  return (u - lse.masked_fill(lse == kNone, 0)).exp() * g.masked_fill(lse == kNone, 0);
}

at::Tensor row_sums(const at::Tensor& q, const at::Tensor& k, bool self, const PairScale& scale, const PairMask& mask) {
  const at::Tensor out = at::empty({q.size(0)}, q.options());
  over_blocks(q, k, self, scale, mask,
              [&](const Block& b) { out.narrow(0, b.from, b.count).copy_(lse_of(b.logits, 1)); });
  return out;
}

}  // namespace

at::Tensor tiled_self(const at::Tensor& z, const PairScale& scale, const PairMask& mask) {
  return row_sums(z.detach(), z.detach(), true, scale, mask);
}

at::Tensor tiled_self_back(const at::Tensor& z, const at::Tensor& out, const at::Tensor& g, const PairScale& scale,
                           const PairMask& mask) {
  const at::Tensor dz = at::zeros_like(z);
  over_blocks(z, z, true, scale, mask, [&](const Block& b) {
    const auto mine = [&](const at::Tensor& x) { return x.narrow(0, b.from, b.count); };
    const at::Tensor w = weights_of(b.logits, mine(out).unsqueeze(1), mine(g).unsqueeze(1)) +
                         weights_of(b.logits, out.unsqueeze(0), g.unsqueeze(0));
    mine(dz).copy_(w.mm(z).mul_(scale.scale));
  });
  return dz;
}

RowsAndColumns tiled_cross(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                           bool columns) {
  if (!columns) return {row_sums(q, k, false, scale, mask), {}};
  RowsAndColumns out{at::empty({q.size(0)}, q.options()), at::full({k.size(0)}, kNone, q.options())};
  over_blocks(q, k, false, scale, mask, [&](const Block& b) {
    out.rows.narrow(0, b.from, b.count).copy_(lse_of(b.logits, 1));
    out.columns.copy_(at::logaddexp(out.columns, lse_of(b.logits, 0)));
  });
  return out;
}

CrossGradients tiled_cross_back(const at::Tensor& q, const at::Tensor& k, const RowsAndColumns& out,
                                const CrossGradients& g, const PairScale& scale, const PairMask& mask, bool wants_q,
                                bool wants_k) {
  CrossGradients grads{wants_q ? at::zeros_like(q) : at::Tensor(), wants_k ? at::zeros_like(k) : at::Tensor()};
  over_blocks(q, k, false, scale, mask, [&](const Block& b) {
    const auto mine = [&](const at::Tensor& x) { return x.narrow(0, b.from, b.count); };
    at::Tensor w = at::zeros_like(b.logits);
    if (g.first.defined()) w += weights_of(b.logits, mine(out.rows).unsqueeze(1), mine(g.first).unsqueeze(1));
    if (g.second.defined()) w += weights_of(b.logits, out.columns.unsqueeze(0), g.second.unsqueeze(0));
    if (wants_q) mine(grads.first).copy_(w.mm(k).mul_(scale.scale));
    if (wants_k) grads.second += w.t().mm(mine(q)).mul_(scale.scale);
  });
  return grads;
}

QueryResult tiled_query(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask) {
  QueryResult out{at::empty({q.size(0)}, q.options()), at::zeros_like(q)};
  over_blocks(q.detach(), k, false, scale, mask, [&](const Block& b) {
    const at::Tensor lse = lse_of(b.logits, 1), finite = lse.masked_fill(lse == kNone, 0).unsqueeze(1);
    out.rows.narrow(0, b.from, b.count).copy_(lse);
    out.mean.narrow(0, b.from, b.count).copy_((b.logits - finite).exp().mm(k));
  });
  return out;
}

}  // namespace kindred
