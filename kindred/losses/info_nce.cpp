// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/info_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/ops/pair_logsumexp.h"

namespace kindred {
namespace {

constexpr const char* kWho = "info_nce";

bool uses_batch(const InfoNceInputs& in, const InfoNceOptions& options) {
  return options.in_batch || (!in.queue.defined() && !in.negatives.defined());
}

// Rows of the inputs, checked and brought to unit length, and how they are compared.
struct Units {
  Implementation by;
  at::Tensor query, key, queue, negatives;
  PairScale scale;
  at::Tensor scaled;  // query, times a learned scale where there is one: logits are scale.scale <scaled, key>
};

// 1 / t, learned: a scalar with a gradient.
at::Tensor learned_scale(const InfoNceInputs& in, const at::Tensor& like) {
  check(in.logit_scale.numel() == 1, kWho, ": expected a scalar logit_scale, got shape ", in.logit_scale.sizes());
  return checked_values(in.logit_scale, kWho, "logit_scale").reshape({}).to(like.scalar_type()).exp();
}

Units checked_units(const InfoNceInputs& in, const InfoNceOptions& options) {
  const at::Tensor q = checked_rows(in.query, kWho, "query"), k = checked_rows(in.key, kWho, "key");
  check_alike(q, k, kWho, "query", "key");
  Units out;
  out.by = choose_implementation(options.impl, q, nullptr, kWho);
  out.query = unit_rows({q}, out.by), out.key = unit_rows({k}, out.by);
  check(options.direction == "one_way" || uses_batch(in, {.in_batch = false}), kWho,
        ": expected direction one_way with a queue or negatives, got ", options.direction);
  if (in.queue.defined()) {
    const at::Tensor queue = checked_rows(in.queue, kWho, "queue").detach();
    check_same_width(q, queue, kWho, "query", "queue");
    out.queue = unit_rows({queue}, out.by);
  }
  if (in.negatives.defined()) {
    const at::Tensor& own = in.negatives;
    check((own.dim() == 2 || own.dim() == 3) && (own.dim() == 2 || own.size(0) == q.size(0)), kWho,
          ": expected negatives of shape [M, D] or [", q.size(0), ", M, D], got ", own.sizes());
    const at::Tensor values = checked_values(own, kWho, "negatives");
    check_same_width(q, values, kWho, "query", "negatives");
    out.negatives = normalized(values);
  }
  out.scale = cosine_scale(1 / options.temperature);
  out.scaled = out.query;
  if (in.logit_scale.defined()) {
    const at::Tensor scale = learned_scale(in, q);
    out.scale = {1, cosine_scale(scale.item<double>()).bound};
    out.scaled = out.query * scale;
  }
  return out;
}

// Pairs that are no negatives: the positive itself, and keys of the query's id.
PairMask batch_mask(const InfoNceInputs& in, const at::Tensor& query) {
  const int64_t n = query.size(0);
  if (!in.ids.defined()) return {PairKeep::kDifferent, counting(n, query), counting(n, query), {}};
  const at::Tensor ids = checked_index(in.ids, n, kWho, "ids");
  return coded_mask(PairKeep::kDifferent, ids, ids);
}
PairMask queue_mask(const InfoNceInputs& in, const Units& u) {
  if (!in.ids.defined() || !in.queue_ids.defined()) return {};
  return coded_mask(PairKeep::kDifferent, checked_index(in.ids, u.query.size(0), kWho, "ids"),
                    checked_index(in.queue_ids, u.queue.size(0), kWho, "queue_ids"));
}

at::Tensor positives(const Units& u) { return (u.scaled * u.key).sum(1) * u.scale.scale; }

at::Tensor both_ways(const Units& u, const InfoNceInputs& in) {
  const RowsAndColumns below = cross_logsumexp(u.scaled, u.key, u.scale, batch_mask(in, u.query), true, u.by);
  const at::Tensor positive = positives(u);
  return stable_softplus(below.rows - positive).mean() + stable_softplus(below.columns - positive).mean();
}

at::Tensor one_way(const Units& u, const InfoNceInputs& in, const InfoNceOptions& options) {
  at::Tensor below;  // [B] log-sum-exp of the negatives so far
  const auto add = [&](const at::Tensor& more) { below = below.defined() ? log_add(below, more) : more; };
  const auto add_rows = [&](const at::Tensor& k, const PairMask& mask) {
    add(cross_logsumexp(u.scaled, k, u.scale, mask, false, u.by).rows);
  };
  if (uses_batch(in, options)) add_rows(u.key, batch_mask(in, u.query));
  if (u.queue.defined()) add_rows(u.queue, queue_mask(in, u));
  if (u.negatives.defined() && u.negatives.dim() == 2) add_rows(u.negatives, {});
  if (u.negatives.defined() && u.negatives.dim() == 3)
    add((at::matmul(u.negatives, u.scaled.unsqueeze(2)).squeeze(2) * u.scale.scale).logsumexp(1));
  return stable_softplus(below - positives(u)).mean();
}

}  // namespace

at::Tensor info_nce(const InfoNceInputs& inputs, const InfoNceOptions& options) {
  check_options(options, kWho);
  const Units units = checked_units(inputs, options);
  if (options.direction == "one_way") return one_way(units, inputs, options);
  return both_ways(units, inputs) * (options.direction == "symmetric" ? 0.5 : 1.0);
}

at::Tensor info_nce(const at::Tensor& query, const at::Tensor& key, const InfoNceOptions& options) {
  return info_nce({.query = query, .key = key}, options);
}

at::Tensor info_nce_queue(const at::Tensor& query, const at::Tensor& key, const at::Tensor& queue,
                          const InfoNceOptions& options) {
  check(queue.defined(), kWho, ": expected a queue, got none");
  return info_nce({.query = query, .key = key, .queue = queue}, options);
}

at::Tensor info_nce_negatives(const at::Tensor& query, const at::Tensor& key, const at::Tensor& negatives,
                              const InfoNceOptions& options) {
  check(negatives.defined(), kWho, ": expected negatives, got none");
  return info_nce({.query = query, .key = key, .negatives = negatives}, options);
}

int64_t info_nce_terms(const InfoNceInputs& in, const InfoNceOptions& options) {
  return (uses_batch(in, options) ? in.key.size(0) : 1) + (in.queue.defined() ? in.queue.size(0) : 0) +
         (in.negatives.defined() ? in.negatives.size(-2) : 0);
}

}  // namespace kindred
