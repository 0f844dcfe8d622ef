// SPDX-License-Identifier: Apache-2.0
// The autograd side: what is saved, and which version runs. fused_, tiled_ and dense_logsumexp.cpp have the
// work.
//
// The gradient of self is W z with w_ij = scale (g_i p_ij + g_j p_ji), p_ij = exp(scale s_ij - out_i), symmetric; of cross
// W k and W^T q with w_ij = scale (g_i p_ij + h_j p'_ij). Where only the queries need a gradient (keys from a queue), the
// forward pass gathers sum_j p_ij k_j beside the sums, as online softmax does, and the way back needs no tiles.
#include "kindred/ops/pair_logsumexp.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_unique.h>
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kindred/core/error.h"
#include "kindred/ops/logsumexp_passes.h"

namespace kindred {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

bool fused(int64_t by) { return by == static_cast<int64_t>(Implementation::kFused); }

// What both functions keep between the passes.
void keep_problem(AutogradContext* ctx, const PairScale& scale, const PairMask& mask, int64_t by) {
  ctx->saved_data["scale"] = scale.scale;
  ctx->saved_data["bound"] = scale.bound;
  ctx->saved_data["keep"] = static_cast<int64_t>(mask.keep);
  ctx->saved_data["by"] = by;
}
PairScale kept_scale(AutogradContext* ctx) {
  return {ctx->saved_data["scale"].toDouble(), ctx->saved_data["bound"].toDouble()};
}
PairMask kept_mask(AutogradContext* ctx, const variable_list& saved, size_t from) {
  return {static_cast<PairKeep>(ctx->saved_data["keep"].toInt()), saved[from], saved[from + 1], saved[from + 2]};
}

class SelfLogSumExp : public Function<SelfLogSumExp> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& z, const PairScale& scale, const PairMask& mask,
                            int64_t by) {
    const at::Tensor out = fused(by) ? fused_self(z, scale, mask) : tiled_self(z, scale, mask);
    ctx->save_for_backward({z, out, mask.row_codes, mask.column_codes, mask.kept});
    keep_problem(ctx, scale, mask, by);
    return out.to(z.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto back = fused(ctx->saved_data["by"].toInt()) ? fused_self_back : tiled_self_back;
    const at::Tensor g = grads[0].contiguous();
    return {back(saved[0], saved[1], g, kept_scale(ctx), kept_mask(ctx, saved, 2)), {}, {}, {}};
  }
};

class CrossLogSumExp : public Function<CrossLogSumExp> {
 public:
  static variable_list forward(AutogradContext* ctx, const at::Tensor& q, const at::Tensor& k, const PairScale& scale,
                               const PairMask& mask, bool columns, int64_t by) {
    const RowsAndColumns out =
        fused(by) ? fused_cross(q, k, scale, mask, columns) : tiled_cross(q, k, scale, mask, columns);
    ctx->save_for_backward({q, k, out.rows, out.columns, mask.row_codes, mask.column_codes, mask.kept});
    keep_problem(ctx, scale, mask, by);
    ctx->saved_data["wants_q"] = q.requires_grad();
    ctx->saved_data["wants_k"] = k.requires_grad();
    if (columns) return {out.rows.to(q.scalar_type()), out.columns.to(q.scalar_type())};
    return {out.rows.to(q.scalar_type())};
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto dense = [](const at::Tensor& g) { return g.defined() ? g.contiguous() : g; };
    const CrossGradients g{dense(grads[0]), grads.size() > 1 ? dense(grads[1]) : at::Tensor()};
    const auto back = fused(ctx->saved_data["by"].toInt()) ? fused_cross_back : tiled_cross_back;
    const CrossGradients out =
        back(saved[0], saved[1], {saved[2], saved[3]}, g, kept_scale(ctx), kept_mask(ctx, saved, 4),
             ctx->saved_data["wants_q"].toBool(), ctx->saved_data["wants_k"].toBool());
    return {out.first, out.second, {}, {}, {}, {}};
  }
};

// Only the queries have a gradient.
class QueryLogSumExp : public Function<QueryLogSumExp> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& q, const at::Tensor& k, const PairScale& scale,
                            const PairMask& mask, int64_t by) {
    const QueryResult out = fused(by) ? fused_query(q, k, scale, mask) : tiled_query(q, k, scale, mask);
    ctx->save_for_backward({out.mean});
    ctx->saved_data["scale"] = scale.scale;
    return out.rows;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const at::Tensor mean = ctx->get_saved_variables()[0];
    return {mean * (grads[0] * ctx->saved_data["scale"].toDouble()).unsqueeze(1), {}, {}, {}, {}};
  }
};

constexpr int64_t kMostCodes = int64_t{1} << 24;  // whole numbers that float32 tells apart

}  // namespace

at::Tensor self_logsumexp(const at::Tensor& z, const PairScale& scale, const PairMask& mask, Implementation by) {
  if (by == Implementation::kComposite) return dense_self(z, scale, mask);
  return SelfLogSumExp::apply(z, scale, mask, static_cast<int64_t>(by));
}

RowsAndColumns cross_logsumexp(const at::Tensor& q, const at::Tensor& k, const PairScale& scale, const PairMask& mask,
                               bool columns, Implementation by) {
  if (by == Implementation::kComposite) return dense_cross(q, k, scale, mask, columns);
  if (!columns && c10::GradMode::is_enabled() && q.requires_grad() && !k.requires_grad())
    return {QueryLogSumExp::apply(q, k, scale, mask, static_cast<int64_t>(by)), {}};
  const auto out = CrossLogSumExp::apply(q, k, scale, mask, columns, static_cast<int64_t>(by));
  return {out[0], columns ? out[1] : at::Tensor()};
}

PairMask coded_mask(PairKeep keep, const at::Tensor& row_codes, const at::Tensor& column_codes) {
  const bool one = row_codes.is_same(column_codes);
  const at::Tensor all = one ? row_codes : at::cat({row_codes, column_codes});
  const at::Tensor codes = std::get<1>(at::_unique(all, /*sorted=*/true, /*return_inverse=*/true));
  check(codes.numel() == 0 || codes.max().item<int64_t>() < kMostCodes,
        "pair mask: expected at most 2^24 different ids");
  const at::Tensor rows = codes.narrow(0, 0, row_codes.size(0));
  return {keep, rows, one ? rows : codes.narrow(0, row_codes.size(0), column_codes.size(0)), {}};
}

}  // namespace kindred
