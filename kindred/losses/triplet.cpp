// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/triplet.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr int64_t kTripletBlock = int64_t{1} << 22;  // elements of one [pairs, N] block

// gap: D_ap - D_an.
at::Tensor terms_of(const at::Tensor& gap, const TripletOptions& options) {
  return options.soft ? stable_softplus(gap) : (gap + options.margin).clamp_min(0);
}
at::Tensor slopes_of(const at::Tensor& gap, const TripletOptions& options) {
  return options.soft ? gap.sigmoid() : (gap + options.margin > 0).to(gap.scalar_type());
}

// Sums over all triplets of each anchor, and the gradient of the anchor's sum with respect to its row of distances.
struct AnchorSums {
  at::Tensor sum, count, nonzero;  // [A]
  at::Tensor gradient;             // [A, N]
};
// The hinge on a CPU: every triplet looked at once, nothing of [pairs, N] made.
template <class T>
void visit_hinges(const at::Tensor& d, const Relation& relation, double margin, AnchorSums& out) {
  const int64_t n = d.size(1);
  const at::Tensor positive = relation.positive.contiguous(),
                   negative = relation.negative.to(d.scalar_type()).contiguous();
  at::parallel_for(0, d.size(0), 1, [&](int64_t from, int64_t to) {
    for (int64_t a = from; a < to; ++a) {
      const T *far = d.data_ptr<T>() + a * n, *counts = negative.data_ptr<T>() + a * n;
      T *slope = out.gradient.data_ptr<T>() + a * n, negatives = 0, sum = 0, nonzero = 0, pairs = 0;
      for (int64_t j = 0; j < n; ++j) negatives += counts[j];
      for (int64_t p = 0; p < n; ++p) {
        if (!positive.data_ptr<bool>()[a * n + p]) continue;
        const T edge = far[p] + static_cast<T>(margin);
        T active_here = 0;
        for (int64_t j = 0; j < n; ++j) {
          const T gap = edge - far[j], active = gap > 0 ? counts[j] : T{0};
          sum += active * gap;
          active_here += active;
          slope[j] -= active;
        }
        slope[p] += active_here;
        nonzero += active_here;
        ++pairs;
      }
      out.sum.data_ptr<T>()[a] = sum;
      out.count.data_ptr<T>()[a] = pairs * negatives;
      out.nonzero.data_ptr<T>()[a] = nonzero;
    }
  });
}

AnchorSums visit_all(const at::Tensor& distances, const Relation& relation, const TripletOptions& options) {
  const c10::NoGradGuard no_grad;
  const at::Tensor d = distances.contiguous();
  const auto nothing = [&] {
    const auto zeros = [&] { return at::zeros({d.size(0)}, d.options()); };
    return AnchorSums{zeros(), zeros(), zeros(), at::zeros_like(d)};
  };
  if (d.is_cpu() && !options.soft) {
    AnchorSums out = nothing();
    AT_DISPATCH_FLOATING_TYPES(d.scalar_type(), "triplet",
                               [&] { visit_hinges<scalar_t>(d, relation, options.margin, out); });
    return out;
  }
  const int64_t n = d.size(1), step = std::max<int64_t>(1, kTripletBlock / n);
  AnchorSums out = nothing();
  const auto pairs = relation.positive.nonzero().unbind(1);
  for (int64_t from = 0; from < pairs[0].size(0); from += step) {
    const int64_t length = std::min(step, pairs[0].size(0) - from);
    const at::Tensor a = pairs[0].narrow(0, from, length), p = pairs[1].narrow(0, from, length);
    const at::Tensor place = a * n + p;
    const at::Tensor gap = d.flatten().index_select(0, place).unsqueeze(1) - d.index_select(0, a);  // [P, N]
    const at::Tensor negative = relation.negative.index_select(0, a), zero = at::zeros_like(gap);
    const at::Tensor terms = at::where(negative, terms_of(gap, options), zero);
    const at::Tensor slopes = at::where(negative, slopes_of(gap, options), zero);
    out.sum.index_add_(0, a, terms.sum(1));
    out.count.index_add_(0, a, negative.sum(1).to(d.scalar_type()));
    out.nonzero.index_add_(0, a, (terms > 0).sum(1).to(d.scalar_type()));
    out.gradient.index_add_(0, a, -slopes);
    out.gradient.view(-1).index_add_(0, place, slopes.sum(1));
  }
  return out;
}

at::Tensor over_all(const at::Tensor& d, const Relation& relation, const TripletOptions& options) {
  const AnchorSums all = visit_all(d.detach(), relation, options);
  // A tensor with the value of the sums and the gradient found beside them.
  const at::Tensor carrier = (all.gradient * d).sum(1);
  return reduce_sums(reduction_named(options.reduction), carrier + (all.sum - carrier).detach(), all.count,
                     all.nonzero);
}

at::Tensor over_list(const at::Tensor& d, const Triplets& t, const TripletOptions& options) {
  const int64_t n = d.size(1);
  const at::Tensor flat = d.flatten();
  const at::Tensor gap =
      flat.index_select(0, t.anchor * n + t.positive) - flat.index_select(0, t.anchor * n + t.negative);
  return reduce(reduction_named(options.reduction), terms_of(gap, options), t.anchor, d.size(0));
}

}  // namespace

at::Tensor triplet(const at::Tensor& x, const Relation& relation, const TripletOptions& options, uint64_t seed) {
  check_options(options, "triplet");
  at::Tensor rows = checked_rows(x, "triplet", "x");
  check_relation(relation, rows, "triplet");
  if (options.normalize) rows = normalized(rows);
  const Distance measure = distance_named(options.distance);
  const at::Tensor d = farness(measure, pairwise(measure, anchors_of(rows, relation), rows));
  if (keeps_all_triplets(options.miner) && options.reduction != "none")
    return over_all(d, mine(rows, d, relation, options.miner, seed), options);
  return over_list(d, mine_triplets(rows, d, relation, options.miner, seed), options);
}

at::Tensor triplet(const at::Tensor& x, const at::Tensor& labels, const TripletOptions& options, uint64_t seed) {
  return triplet(x, relation_by_label(labels, {}), options, seed);
}

at::Tensor triplet_rows(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& negative,
                        const TripletOptions& options) {
  check_options(options, "triplet");
  at::Tensor a = checked_rows(anchor, "triplet", "anchor"), p = checked_rows(positive, "triplet", "positive"),
             n = checked_rows(negative, "triplet", "negative");
  check_alike(a, p, "triplet", "anchor", "positive");
  check_alike(a, n, "triplet", "anchor", "negative");
  if (options.normalize) a = normalized(a), p = normalized(p), n = normalized(n);
  const Distance measure = distance_named(options.distance);
  if (options.coordinate_epsilon > 0) a = a + options.coordinate_epsilon;
  const at::Tensor gap = farness(measure, rowwise(measure, a, p)) - farness(measure, rowwise(measure, a, n));
  return reduce(reduction_named(options.reduction), terms_of(gap, options), counting(a.size(0), a), a.size(0));
}

}  // namespace kindred
