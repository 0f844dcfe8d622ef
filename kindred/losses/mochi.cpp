// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/mochi.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <vector>

#include "kindred/core/rng.h"
#include "kindred/losses/info_nce.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr uint16_t kMixingStream = 33;  // beside the values of RngOp

// What is drawn for every query: two places among the hardest, and a weight. [B, s + s'] each.
struct Draws {
  at::Tensor first, second, weight;
};
// among: [B] int64, out of how many each query's places are drawn.
Draws draw(const at::Tensor& among, uint64_t seed, const MochiOptions& options) {
  const int64_t rows = among.size(0);
  const int64_t count = options.mixed + options.mixed_query;
  const Draws out{at::empty({rows, count}, at::kLong), at::empty({rows, count}, at::kLong),
                  at::empty({rows, count}, at::kDouble)};
  auto *first = out.first.data_ptr<int64_t>(), *second = out.second.data_ptr<int64_t>();
  auto* weight = out.weight.data_ptr<double>();
  for (int64_t row = 0; row < rows; ++row) {
    CounterRng rng(StreamName{.seed = seed, .sample = static_cast<uint64_t>(row), .op = kMixingStream});
    const auto places = static_cast<uint64_t>(among.data_ptr<int64_t>()[row]);
    for (int64_t i = row * count; i < (row + 1) * count; ++i) {
      first[i] = static_cast<int64_t>(rng.below(places));
      second[i] = static_cast<int64_t>(rng.below(places));
      weight[i] = rng.uniform() * (i - row * count < options.mixed ? 1.0 : 0.5);
    }
  }
  return out;
}

// The columns of the `count` largest numbers of each row, the largest first, the first of equal ones first: [B, count].
at::Tensor hardest_first(const at::Tensor& nearness, int64_t count) {
  if (!nearness.is_cpu())
    return std::get<1>(nearness.sort(/*stable=*/true, 1, /*descending=*/true)).narrow(1, 0, count);
  const at::Tensor given = nearness.contiguous();
  const at::Tensor out = at::empty({given.size(0), count}, at::kLong);
  auto* places = out.data_ptr<int64_t>();
  AT_DISPATCH_FLOATING_TYPES(given.scalar_type(), "hardest_first", [&] {
    const auto* numbers = given.data_ptr<scalar_t>();
    at::parallel_for(0, given.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const scalar_t* of_row = numbers + row * given.size(1);
        std::vector<int64_t> order(static_cast<size_t>(given.size(1)));
        std::iota(order.begin(), order.end(), 0);
        const auto before = [&](int64_t a, int64_t b) {
          return of_row[a] > of_row[b] || (of_row[a] == of_row[b] && a < b);
        };
        std::partial_sort(order.begin(), order.begin() + count, order.end(), before);
        std::copy_n(order.begin(), count, places + row * count);
      }
    });
  });
  return out;
}

}  // namespace

at::Tensor mixed_rows(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight) {
  const at::Tensor w = weight.unsqueeze(-1).to(a.scalar_type());
  return normalized(w * a + (1 - w) * b);
}

at::Tensor mochi_negatives(const at::Tensor& query, const at::Tensor& queue, uint64_t seed,
                           const MochiOptions& options) {
  return mochi_negatives(query, queue, seed, options, at::Tensor());
}

at::Tensor mochi_negatives(const at::Tensor& query, const at::Tensor& queue, uint64_t seed, const MochiOptions& options,
                           const at::Tensor& usable) {
  const c10::NoGradGuard no_grad;
  const at::Tensor q = normalized(checked_rows(query, "mochi", "query"));
  const at::Tensor k = normalized(checked_rows(queue, "mochi", "queue"));
  check_same_width(q, k, "mochi", "query", "queue");
  const int64_t n = q.size(0), dims = q.size(1), hardest = std::min(options.hardest, k.size(0));
  at::Tensor nearness = q.mm(k.t()), among = at::full({n}, hardest, at::kLong);  // [B, K], [B]
  if (usable.defined()) {
    nearness = nearness.masked_fill(usable.logical_not(), -2);  // behind every cosine
    among = usable.sum(1).to(at::kCPU).clamp_max(hardest);
    check(among.min().item<int64_t>() >= 1,
          "mochi: expected a queue with a row of another sample for each query, got none");
  }
  const at::Tensor order = hardest_first(nearness, hardest);  // [B, hardest]
  const Draws draws = draw(among, seed, options);
  const auto rows_at = [&](const at::Tensor& place) {
    return k.index_select(0, order.gather(1, place.to(k.device())).flatten()).view({n, -1, dims});
  };
  const int64_t s = options.mixed, with_query = options.mixed_query;
  const at::Tensor first =
      at::cat({rows_at(draws.first.narrow(1, 0, s)), q.unsqueeze(1).expand({n, with_query, dims})}, 1);
  return mixed_rows(first, rows_at(draws.second), draws.weight.to(k.device()));
}

at::Tensor mochi(const at::Tensor& query, const at::Tensor& key, const at::Tensor& queue, uint64_t seed,
                 const MochiOptions& options) {
  return mochi({.query = query, .key = key, .queue = queue}, seed, options);
}

at::Tensor mochi(const InfoNceInputs& given, uint64_t seed, const MochiOptions& options) {
  check_options(options, "mochi");
  check(given.queue.defined(), "mochi: expected a queue, got none");
  InfoNceInputs inputs = given;
  at::Tensor usable;
  if (given.ids.defined() && given.queue_ids.defined())
    usable = same(checked_index(given.ids, given.query.size(0), "mochi", "ids"),
                  checked_index(given.queue_ids, given.queue.size(0), "mochi", "queue_ids"))
                 .logical_not();
  if (options.mixed + options.mixed_query > 0)
    inputs.negatives = mochi_negatives(given.query, given.queue, seed, options, usable);
  return info_nce(inputs, {.temperature = options.temperature, .impl = options.impl});
}

}  // namespace kindred
