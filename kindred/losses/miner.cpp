// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/miner.h"

#include <ATen/Dispatch.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kindred/core/rng.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kBlockNumbers = int64_t{1} << 22;  // elements of one [pairs, N] block
constexpr uint16_t kMiningStream = 32;               // beside the values of RngOp

struct Choice {
  at::Tensor index, exists;  // [N] int64, [N] bool
};
Choice farthest(const at::Tensor& farness, const at::Tensor& mask) {
  return {farness.masked_fill(mask.logical_not(), -kInfinity).argmax(1), mask.any(1)};
}
Choice nearest(const at::Tensor& farness, const at::Tensor& mask) {
  return {farness.masked_fill(mask.logical_not(), kInfinity).argmin(1), mask.any(1)};
}

// The mask that holds just the chosen element of each row.
at::Tensor only(const Choice& choice, const at::Tensor& like) {
  return at::zeros_like(like).scatter(1, choice.index.unsqueeze(1), choice.exists.unsqueeze(1));
}

Pairs pairs_of(const at::Tensor& mask) {
  const auto columns = mask.nonzero().unbind(1);
  return {columns[0], columns[1]};
}

Triplets triplets_of(const Choice& positive, const Choice& negative) {
  const at::Tensor anchor = (positive.exists & negative.exists).nonzero().flatten();
  return {anchor, positive.index.index_select(0, anchor), negative.index.index_select(0, anchor)};
}

// Calls block(anchor, positive) for the positive pairs, a stretch at a time, and joins what it returns.
template <class Block>
Triplets over_pairs(const Relation& relation, const Block& block) {
  const Pairs all = pairs_of(relation.positive & relation.negative.any(1, /*keepdim=*/true));
  const int64_t n = relation.positive.size(1), step = std::max<int64_t>(1, kBlockNumbers / std::max<int64_t>(n, 1));
  std::vector<at::Tensor> a, p, q;
  for (int64_t from = 0; from < all.anchor.size(0); from += step) {
    const int64_t count = std::min(step, all.anchor.size(0) - from);
    const Triplets part = block(all.anchor.narrow(0, from, count), all.other.narrow(0, from, count));
    a.push_back(part.anchor), p.push_back(part.positive), q.push_back(part.negative);
  }
  if (a.empty()) return {all.anchor, all.anchor, all.anchor};
  return {at::cat(a), at::cat(p), at::cat(q)};
}

// Every element of mask [P, N] as a triplet.
Triplets expand(const at::Tensor& anchor, const at::Tensor& positive, const at::Tensor& mask) {
  const Pairs hits = pairs_of(mask);
  return {anchor.index_select(0, hits.anchor), positive.index_select(0, hits.anchor), hits.other};
}

Triplets all_triplets(const Relation& relation) {
  return over_pairs(relation, [&](const at::Tensor& a, const at::Tensor& p) {
    return expand(a, p, relation.negative.index_select(0, a));
  });
}

// The nearest negative beyond each positive, else the farthest: on a CPU, without anything of [pairs, N].
template <class T>
at::Tensor semi_hard_negatives(const at::Tensor& farness, const at::Tensor& negative, const Pairs& pairs) {
  const int64_t n = farness.size(1);
  const at::Tensor out = at::empty_like(pairs.anchor);
  const int64_t *anchor = pairs.anchor.data_ptr<int64_t>(), *positive = pairs.other.data_ptr<int64_t>();
  for (int64_t i = 0; i < out.size(0); ++i) {
    const T* far = farness.data_ptr<T>() + anchor[i] * n;
    const bool* allowed = negative.data_ptr<bool>() + anchor[i] * n;
    int64_t inner = -1, outer = -1;
    for (int64_t j = 0; j < n; ++j) {
      if (!allowed[j]) continue;
      if (far[j] > far[positive[i]] && (inner < 0 || far[j] < far[inner])) inner = j;
      if (outer < 0 || far[j] > far[outer]) outer = j;
    }
    out.data_ptr<int64_t>()[i] = inner >= 0 ? inner : outer;
  }
  return out;
}

Triplets semi_hard(const at::Tensor& farness, const Relation& relation, bool all_in_band, double margin) {
  const int64_t n = farness.size(1);
  if (farness.is_cpu() && !all_in_band) {
    Pairs pairs = pairs_of(relation.positive & relation.negative.any(1, /*keepdim=*/true));
    pairs = {pairs.anchor.contiguous(), pairs.other.contiguous()};
    const at::Tensor negatives = AT_DISPATCH_FLOATING_TYPES(farness.scalar_type(), "semi_hard", [&] {
      return semi_hard_negatives<scalar_t>(farness.contiguous(), relation.negative.contiguous(), pairs);
    });
    return {pairs.anchor, pairs.other, negatives};
  }
  return over_pairs(relation, [&](const at::Tensor& a, const at::Tensor& p) -> Triplets {
    const at::Tensor to_positive = farness.flatten().index_select(0, a * n + p).unsqueeze(1);  // [P, 1]
    const at::Tensor to_all = farness.index_select(0, a);                                      // [P, N]
    const at::Tensor negative = relation.negative.index_select(0, a);
    const at::Tensor beyond = negative & (to_all > to_positive);
    if (all_in_band) return expand(a, p, beyond & (to_all < to_positive + margin));
    const Choice inner = nearest(to_all, beyond), outer = farthest(to_all, negative);
    return {a, p, at::where(inner.exists, inner.index, outer.index)};
  });
}

// ln of 1 / q(d), q the density of distances between random unit rows of D dimensions.
double log_inverse_density(double d, int64_t dims, double cutoff) {
  d = std::max(d, cutoff);
  const double n = static_cast<double>(dims);
  return -(n - 2) * std::log(d) - 0.5 * (n - 3) * std::log(std::max(1 - 0.25 * d * d, 1e-8));
}

Triplets distance_weighted(const at::Tensor& x, const Relation& relation, const MinerOptions& options, uint64_t seed) {
  const at::Tensor unit = normalized(x.detach()).to(at::kCPU, at::kDouble);
  const int64_t n = x.size(0), dims = x.size(1);
  const at::Tensor mask = relation.negative.to(at::kCPU).contiguous();
  const auto draw = [&](const double* similarity, const bool* negative, uint64_t stream) -> int64_t {
    std::vector<double> weight(static_cast<size_t>(n), -kInfinity);
    double top = -kInfinity;
    for (int64_t j = 0; j < n; ++j) {
      const double d = std::sqrt(std::max(0.0, 2 - 2 * similarity[j]));
      if (!negative[j] || d >= options.farthest) continue;
      weight[static_cast<size_t>(j)] = log_inverse_density(d, dims, options.cutoff);
      top = std::max(top, weight[static_cast<size_t>(j)]);
    }
    double sum = 0;
    for (auto& w : weight) sum += w = std::exp(w - (std::isinf(top) ? 0 : top));
    if (sum == 0) return -1;  // all negatives are beyond `farthest`
    const StreamName name{.seed = seed, .sample = stream, .op = kMiningStream};
    double left = CounterRng(name).uniform() * sum;
    int64_t last = -1;
    for (int64_t j = 0; j < n && left >= 0; ++j)
      if (weight[static_cast<size_t>(j)] > 0) last = j, left -= weight[static_cast<size_t>(j)];
    return last;
  };
  return over_pairs(relation, [&](const at::Tensor& a, const at::Tensor& p) -> Triplets {
    const at::Tensor rows = a.to(at::kCPU), others = p.to(at::kCPU);
    const at::Tensor similarity = unit.index_select(0, rows).mm(unit.t()).contiguous();
    const at::Tensor found = at::empty({rows.size(0)}, at::kLong);
    for (int64_t i = 0; i < rows.size(0); ++i) {
      const int64_t row = rows.data_ptr<int64_t>()[i];
      const auto stream = static_cast<uint64_t>(row * n + others.data_ptr<int64_t>()[i]);
      found.data_ptr<int64_t>()[i] =
          draw(similarity.data_ptr<double>() + i * n, mask.data_ptr<bool>() + row * n, stream);
    }
    const at::Tensor negative = found.to(a.device()), kept = (negative >= 0).nonzero().flatten();
    return {a.index_select(0, kept), p.index_select(0, kept), negative.index_select(0, kept)};
  });
}

Relation multi_similarity(const at::Tensor& farness, const Relation& relation, double epsilon) {
  const at::Tensor farthest_positive =
      farness.masked_fill(relation.positive.logical_not(), -kInfinity).amax(1, /*keepdim=*/true);
  const at::Tensor nearest_negative =
      farness.masked_fill(relation.negative.logical_not(), kInfinity).amin(1, /*keepdim=*/true);
  return {relation.positive & (farness > nearest_negative - epsilon),
          relation.negative & (farness < farthest_positive + epsilon)};
}

Relation masks_of(const Triplets& triplets, const at::Tensor& like) {
  const int64_t n = like.size(1);
  const auto marked = [&](const at::Tensor& other) {
    return at::zeros_like(like).flatten().index_fill(0, triplets.anchor * n + other, true).view(like.sizes());
  };
  return {marked(triplets.positive), marked(triplets.negative)};
}

}  // namespace

bool keeps_all_triplets(const MinerOptions& options) {
  return options.kind == "all" || options.kind == "multi_similarity";
}

Triplets mine_triplets(const at::Tensor& x, const at::Tensor& farness, const Relation& relation,
                       const MinerOptions& options, uint64_t seed) {
  const c10::NoGradGuard no_grad;
  const at::Tensor f = farness.detach();
  const std::string& kind = options.kind;
  if (keeps_all_triplets(options)) return all_triplets(mine(x, f, relation, options, seed));
  if (kind == "hard") return triplets_of(farthest(f, relation.positive), nearest(f, relation.negative));
  if (kind == "easy_positive") return triplets_of(nearest(f, relation.positive), nearest(f, relation.negative));
  if (kind == "distance_weighted") return distance_weighted(x, relation, options, seed);
  check(kind == "semi_hard" || kind == "semi_hard_all", "miner: expected a known kind, got \"", kind, "\"");
  return semi_hard(f, relation, kind == "semi_hard_all", options.margin);
}

Relation mine(const at::Tensor& x, const at::Tensor& farness, const Relation& relation, const MinerOptions& options,
              uint64_t seed) {
  const c10::NoGradGuard no_grad;
  const at::Tensor f = farness.detach();
  const std::string& kind = options.kind;
  if (kind == "all") return relation;
  if (kind == "multi_similarity") return multi_similarity(f, relation, options.epsilon);
  if (kind == "hard" || kind == "easy_positive") {
    const Choice positive = kind == "hard" ? farthest(f, relation.positive) : nearest(f, relation.positive);
    return {only(positive, relation.positive), only(nearest(f, relation.negative), relation.negative)};
  }
  return masks_of(mine_triplets(x, f, relation, options, seed), relation.positive);
}

MinedPairs mine_pairs(const at::Tensor& x, const at::Tensor& farness, const Relation& relation,
                      const MinerOptions& options, uint64_t seed) {
  const Relation mined = mine(x, farness, relation, options, seed);
  return {pairs_of(mined.positive), pairs_of(mined.negative)};
}

}  // namespace kindred
