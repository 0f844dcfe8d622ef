// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/nce_memory_bank.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

#include <cmath>

#include "kindred/core/rng.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {
constexpr uint16_t kBankStream = 34;  // beside the values of RngOp
constexpr const char* kBankLoss = "nce_memory_bank";
}  // namespace

at::Tensor nce_draw(int64_t batch, int64_t count, int64_t n, uint64_t seed) {
  const at::Tensor out = at::empty({batch, count}, at::kLong);
  auto* drawn = out.data_ptr<int64_t>();
  for (int64_t row = 0; row < batch; ++row) {
    CounterRng rng(StreamName{.seed = seed, .sample = static_cast<uint64_t>(row), .op = kBankStream});
    for (int64_t i = 0; i < count; ++i) *drawn++ = static_cast<int64_t>(rng.below(static_cast<uint64_t>(n)));
  }
  return out;
}

double nce_log_z(const at::Tensor& logits, int64_t n_data) {
  const at::Tensor all = logits.detach().to(at::kDouble);
  return all.logsumexp(1).logsumexp(0).item<double>() - std::log(static_cast<double>(all.numel())) +
         std::log(static_cast<double>(n_data));
}

at::Tensor nce_from_log_probabilities(const at::Tensor& log_p, int64_t n_data, double epsilon) {
  const at::Tensor p = checked_rows(log_p, kBankLoss, "log probabilities");
  const int64_t m = p.size(1) - 1;
  check(m >= 1 && n_data >= 1, kBankLoss, ": expected at least one negative and one row of data, got ", m, " and ",
        n_data);
  const double noise = static_cast<double>(m) / static_cast<double>(n_data);  // m P_n
  const double below = std::log(noise + epsilon);
  // ln h = -stable_softplus(ln(m P_n + e) - ln P);  ln(1 - h) = ln(m P_n) - ln(m P_n + e) - stable_softplus(ln P - ln(m P_n + e)).
  const at::Tensor own = stable_softplus(below - p.select(1, 0));
  const at::Tensor others =
      stable_softplus(p.narrow(1, 1, m) - below).sum(1) + static_cast<double>(m) * (below - std::log(noise));
  return (own + others).mean();
}

at::Tensor nce_bank_places(const at::Tensor& index, int64_t n, uint64_t seed, const NceMemoryBankOptions& options) {
  check(options.draw_own || n >= 2, kBankLoss, ": expected a bank of at least 2 rows where draw_own is false, got ", n);
  at::Tensor drawn = nce_draw(index.size(0), options.negatives, options.draw_own ? n : n - 1, seed).to(index.device());
  if (!options.draw_own) drawn = drawn + (drawn >= index.unsqueeze(1)).to(at::kLong);  // steps over the own row
  return at::cat({index.unsqueeze(1), drawn}, 1);
}

at::Tensor nce_bank_logits(const at::Tensor& features, const at::Tensor& bank, const at::Tensor& index, uint64_t seed,
                           const NceMemoryBankOptions& options) {
  check_options(options, kBankLoss);
  const at::Tensor f = checked_rows(features, kBankLoss, "features"),
                   rows = checked_rows(bank, kBankLoss, "bank").detach();
  check_same_width(f, rows, kBankLoss, "features", "bank");
  const int64_t b = f.size(0), n = rows.size(0), m = options.negatives;
  const at::Tensor own = checked_index(index, b, kBankLoss, "index");
  check((own >= 0).all().item<bool>() && (own < n).all().item<bool>(), kBankLoss, ": expected index in [0, ", n,
        "), got ", own.min().item<int64_t>(), " to ", own.max().item<int64_t>());
  const at::Tensor chosen = nce_bank_places(own, n, seed, options);  // [B, 1 + m]
  const at::Tensor unit = normalized(f);
  // Scores of the whole bank, [B, n], are the smaller tensor unless the bank is huge; else the rows chosen, [B, 1 + m, D].
  if (n <= (1 + m) * f.size(1)) return unit.mm(normalized(rows).t()).gather(1, chosen) / options.temperature;
  const at::Tensor v = normalized(rows.index_select(0, chosen.flatten())).view({b, 1 + m, f.size(1)});
  return at::matmul(v, unit.unsqueeze(2)).squeeze(2) / options.temperature;
}

at::Tensor nce_memory_bank(const at::Tensor& features, const at::Tensor& bank, const at::Tensor& index, uint64_t seed,
                           const NceMemoryBankOptions& options) {
  const at::Tensor logits = nce_bank_logits(features, bank, index, seed, options);
  const double log_z = options.z > 0 ? std::log(options.z) : nce_log_z(logits, bank.size(0));
  return nce_from_log_probabilities(logits - log_z, bank.size(0), options.epsilon);
}

}  // namespace kindred
