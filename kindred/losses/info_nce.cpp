// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/info_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>

#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr const char* kWho = "info_nce";

bool uses_batch(const InfoNceInputs& in, const InfoNceOptions& options) {
  return options.in_batch || (!in.queue.defined() && !in.negatives.defined());
}

// Rows of the inputs, checked and brought to unit length.
struct Units {
  at::Tensor query, key, queue, negatives;
};
Units checked_units(const InfoNceInputs& in, const InfoNceOptions& options) {
  Units out;
  const at::Tensor q = checked_rows(in.query, kWho, "query"), k = checked_rows(in.key, kWho, "key");
  check_alike(q, k, kWho, "query", "key");
  out.query = normalized(q), out.key = normalized(k);
  check(options.direction == "one_way" || uses_batch(in, {.in_batch = false}), kWho,
        ": expected direction one_way with a queue or negatives, got ", options.direction);
  if (in.queue.defined()) {
    const at::Tensor queue = checked_rows(in.queue, kWho, "queue").detach();
    check_same_width(q, queue, kWho, "query", "queue");
    out.queue = normalized(queue);
  }
  if (in.negatives.defined()) {
    const at::Tensor& own = in.negatives;
    check((own.dim() == 2 || own.dim() == 3) && (own.dim() == 2 || own.size(0) == q.size(0)), kWho,
          ": expected negatives of shape [M, D] or [", q.size(0), ", M, D], got ", own.sizes());
    const at::Tensor values = checked_values(own, kWho, "negatives");
    check_same_width(q, values, kWho, "query", "negatives");
    out.negatives = normalized(values);
  }
  return out;
}

// 1 / t, a number or a tensor with a gradient.
at::Tensor scale_of(const InfoNceInputs& in, const InfoNceOptions& options, const at::Tensor& like) {
  if (!in.logit_scale.defined()) return at::ones_like(like) / options.temperature;
  check(in.logit_scale.numel() == 1, kWho, ": expected a scalar logit_scale, got shape ", in.logit_scale.sizes());
  return checked_values(in.logit_scale, kWho, "logit_scale").reshape({}).to(like.scalar_type()).exp();
}

// [B, M] bool: columns that are not of the row's id.
at::Tensor foreign(const at::Tensor& logits, const at::Tensor& ids, const at::Tensor& column_ids, const char* name) {
  if (!ids.defined() || !column_ids.defined()) return at::ones_like(logits, logits.options().dtype(at::kBool));
  return same(checked_index(ids, logits.size(0), kWho, "ids"), checked_index(column_ids, logits.size(1), kWho, name))
      .logical_not();
}

// logits [B, B], positives on the diagonal, negatives the rest of each row less what shares its id.
at::Tensor batch_negatives(const at::Tensor& logits, const at::Tensor& ids) {
  return masked_logsumexp(logits, foreign(logits, ids, ids, "ids") & off_diagonal(logits.size(0), logits));
}

at::Tensor both_ways(const Units& u, const InfoNceInputs& in, const at::Tensor& scale) {
  const at::Tensor logits = u.query.mm(u.key.t()) * scale;
  const at::Tensor positive = logits.diagonal();
  return stable_softplus(batch_negatives(logits, in.ids) - positive).mean() +
         stable_softplus(batch_negatives(logits.t(), in.ids) - positive).mean();
}

at::Tensor one_way(const Units& u, const InfoNceInputs& in, const InfoNceOptions& options, const at::Tensor& scale) {
  at::Tensor positive, below;  // [B] each; below: log-sum-exp of the negatives so far
  const auto add = [&](const at::Tensor& more) { below = below.defined() ? log_add(below, more) : more; };
  if (uses_batch(in, options)) {
    const at::Tensor logits = u.query.mm(u.key.t()) * scale;
    positive = logits.diagonal();
    add(batch_negatives(logits, in.ids));
  } else {
    positive = (u.query * u.key).sum(1) * scale;
  }
  if (u.queue.defined()) {
    const at::Tensor logits = u.query.mm(u.queue.t()) * scale;
    add(masked_logsumexp(logits, foreign(logits, in.ids, in.queue_ids, "queue_ids")));
  }
  if (u.negatives.defined()) {
    const at::Tensor logits =
        u.negatives.dim() == 2 ? u.query.mm(u.negatives.t()) : at::matmul(u.negatives, u.query.unsqueeze(2)).squeeze(2);
    add((logits * scale).logsumexp(1));
  }
  return stable_softplus(below - positive).mean();
}

}  // namespace

at::Tensor info_nce(const InfoNceInputs& inputs, const InfoNceOptions& options) {
  check_options(options, kWho);
  const Units units = checked_units(inputs, options);
  const at::Tensor scale = scale_of(inputs, options, units.query.detach().select(0, 0).select(0, 0));
  if (options.direction == "one_way") return one_way(units, inputs, options, scale);
  return both_ways(units, inputs, scale) * (options.direction == "symmetric" ? 0.5 : 1.0);
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
