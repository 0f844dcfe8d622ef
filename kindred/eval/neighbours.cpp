// SPDX-License-Identifier: Apache-2.0
// Exact nearest neighbours by cosine in two passes over each tile: a float32 product finds candidates, a float64 dot
// product of the rows as given decides.
//
// NOTE [Candidates and scores] The product's value of a pair differs from its cosine by at most `margin`, the forward
// error bound of a float32 dot product of two rounded unit rows: (D + 2) roundings of 2^-24 each, since the absolute
// terms sum to at most 1 (Cauchy-Schwarz). A pair whose product is below the k-th best score so far by more than the
// margin cannot be among the k best; every other pair is scored again in float64 and rounded to float32. The scores, the
// order and so the result are the same for every engine, tile size and number of threads, and only about k log(N / k)
// pairs a query are scored twice.
#include "kindred/eval/neighbours.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kindred/core/error.h"

namespace kindred {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();
constexpr int64_t kQueryTile = 256;  // 256 x 1024 floats: the tile of products stays in the second-level cache
constexpr int64_t kScan = 32;        // products looked at together

struct Rows {
  at::Tensor raw;   // [N, D] float32
  at::Tensor unit;  // [N, D] float32, rows of length 1, zero rows zero
  std::vector<double> inverse_norm;
  int64_t count() const { return raw.size(0); }
  int64_t dims() const { return raw.size(1); }
  const float* row(int64_t i) const { return raw.data_ptr<float>() + i * dims(); }
};

// Eight running sums: a fixed order of summation that compilers turn into vector code.
double dot(const float* a, const float* b, int64_t n) {
  double lane[8] = {};
  int64_t j = 0;
  for (; j + 8 <= n; j += 8)
    for (int l = 0; l < 8; ++l) lane[l] += static_cast<double>(a[j + l]) * static_cast<double>(b[j + l]);
  double sum = ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
  for (; j < n; ++j) sum += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return sum;
}

Rows unit_rows(const at::Tensor& given, const char* which) {
  check(given.defined() && given.dim() == 2, "nearest_neighbours: expected ", which, " of shape [N, D], got ",
        given.defined() ? concat(given.dim(), " dimensions") : "no tensor");
  Rows rows;
  rows.raw = given.detach().to(at::kCPU, at::kFloat).contiguous();
  rows.unit = at::empty_like(rows.raw);
  rows.inverse_norm.resize(static_cast<size_t>(rows.count()));
  const int64_t d = rows.dims();
  float* unit = rows.unit.data_ptr<float>();
  at::parallel_for(0, rows.count(), 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = rows.row(i);
      const double norm = std::sqrt(dot(row, row, d));    // float64: neither overflows nor underflows
      const double inverse = norm > 0 ? 1 / norm : norm;  // a zero row stays zero, NaN stays NaN
      rows.inverse_norm[static_cast<size_t>(i)] = std::isfinite(norm) ? inverse : norm;
      for (int64_t j = 0; j < d; ++j) unit[i * d + j] = static_cast<float>(row[j] * inverse);
    }
  });
  for (int64_t i = 0; i < rows.count(); ++i)
    check(std::isfinite(rows.inverse_norm[static_cast<size_t>(i)]), "nearest_neighbours: expected finite ", which,
          ", got a value that is not in row ", i);
  return rows;
}

const int64_t* checked_ids(const at::Tensor& ids, at::Tensor& held, int64_t count, const char* which) {
  if (!ids.defined()) return nullptr;
  check(ids.dim() == 1 && ids.size(0) == count, "nearest_neighbours: expected ", count, " ", which, " ids, got ",
        ids.numel());
  held = ids.to(at::kCPU, at::kLong).contiguous();
  return held.data_ptr<int64_t>();
}

struct Candidate {
  float score;
  int64_t index;
  // The order of the result: best first, equal scores by index.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.score > b.score || (a.score == b.score && a.index < b.index);
  }
};

// The k best of one query so far: a heap whose front is the worst of them.
struct Best {
  std::vector<Candidate> heap;
  float threshold = kNone;  // products up to here are not worth scoring

  // REQUIRES indices to come in rising order: an equal score never displaces an earlier one.
  void offer(float score, int64_t index, size_t k, double margin) {
    if (heap.size() == k) {
      if (score <= heap.front().score) return;
      std::pop_heap(heap.begin(), heap.end());
      heap.back() = {score, index};
    } else {
      heap.push_back({score, index});
    }
    std::push_heap(heap.begin(), heap.end());
    if (heap.size() < k) return;
    const float worst = heap.front().score;
    // No score is above 1: among many equal rows the first k stay.
    threshold =
        worst >= 1 ? std::numeric_limits<float>::infinity() : std::nextafter(static_cast<float>(worst - margin), kNone);
  }
};

class Search {
 public:
  Search(const Rows& queries, const Rows& corpus, int64_t k, const int64_t* query_ids, const int64_t* corpus_ids)
      : queries_(queries),
        corpus_(corpus),
        k_(static_cast<size_t>(k)),
        query_ids_(query_ids),
        corpus_ids_(corpus_ids),
        margin_(1.01 * static_cast<double>(queries.dims() + 4) * 0x1p-24) {}

  // Queries [begin, end) against the whole corpus. buffer: (end - begin) * tile floats.
  void tile(int64_t begin, int64_t end, int64_t corpus_tile, at::Tensor& buffer, Neighbours& out) const {
    std::vector<Best> best(static_cast<size_t>(end - begin));
    for (auto& b : best) b.heap.reserve(k_);
    const auto block = queries_.unit.narrow(0, begin, end - begin);
    for (int64_t first = 0; first < corpus_.count(); first += corpus_tile) {
      const int64_t width = std::min(corpus_tile, corpus_.count() - first);
      auto products = buffer.narrow(0, 0, (end - begin) * width).view({end - begin, width});
      at::mm_out(products, block, corpus_.unit.narrow(0, first, width).t());
      const float* row = products.data_ptr<float>();
      for (int64_t q = begin; q < end; ++q, row += width)
        scan(q, row, first, width, best[static_cast<size_t>(q - begin)]);
    }
    for (int64_t q = begin; q < end; ++q) write(best[static_cast<size_t>(q - begin)], q, out);
  }

 private:
  void scan(int64_t query, const float* products, int64_t first, int64_t width, Best& best) const {
    for (int64_t j0 = 0; j0 < width; j0 += kScan) {
      const int64_t n = std::min(kScan, width - j0);
      if (n == kScan) {  // branch-free over a whole block: nearly all blocks hold nothing of interest
        int any = 0;
        for (int64_t j = 0; j < kScan; ++j) any |= products[j0 + j] > best.threshold;
        if (any == 0) continue;
      }
      for (int64_t j = j0; j < j0 + n; ++j)
        if (products[j] > best.threshold) consider(query, first + j, best);
    }
  }

  void consider(int64_t query, int64_t index, Best& best) const {
    if (query_ids_ != nullptr && query_ids_[query] == corpus_ids_[index]) return;
    const double cosine = dot(queries_.row(query), corpus_.row(index), queries_.dims()) *
                          queries_.inverse_norm[static_cast<size_t>(query)] *
                          corpus_.inverse_norm[static_cast<size_t>(index)];
    best.offer(static_cast<float>(std::clamp(cosine, -1.0, 1.0)), index, k_, margin_);
  }

  void write(Best& best, int64_t query, Neighbours& out) const {
    std::sort_heap(best.heap.begin(), best.heap.end());
    int64_t* index = out.index.data_ptr<int64_t>() + query * out.index.size(1);
    float* similarity = out.similarity.data_ptr<float>() + query * out.similarity.size(1);
    for (size_t i = 0; i < best.heap.size(); ++i) {
      index[i] = best.heap[i].index;
      similarity[i] = best.heap[i].score;
    }
  }

  const Rows& queries_;
  const Rows& corpus_;
  size_t k_;
  const int64_t* query_ids_;
  const int64_t* corpus_ids_;
  double margin_;
};

}  // namespace

Neighbours nearest_neighbours_tiled(const at::Tensor& queries, const at::Tensor& corpus, int64_t k,
                                    const at::Tensor& query_ids, const at::Tensor& corpus_ids,
                                    const NeighbourTiles& tiles) {
  check(k >= 1, "nearest_neighbours: expected k >= 1, got ", k);
  check(query_ids.defined() == corpus_ids.defined(),
        "nearest_neighbours: expected ids of both queries and corpus or of neither, got one of them");
  const Rows q = unit_rows(queries, "queries"), c = unit_rows(corpus, "corpus rows");
  check(q.dims() == c.dims(), "nearest_neighbours: expected queries and corpus of one width, got ", q.dims(), " and ",
        c.dims());
  at::Tensor held_q, held_c;
  const int64_t* q_ids = checked_ids(query_ids, held_q, q.count(), "query");
  const int64_t* c_ids = checked_ids(corpus_ids, held_c, c.count(), "corpus");

  Neighbours out{at::full({q.count(), k}, -1, at::kLong), at::full({q.count(), k}, kNone, at::kFloat)};
  if (q.count() == 0 || c.count() == 0) return out;
  const int64_t threads = at::get_num_threads();
  const int64_t height = tiles.queries > 0 ? tiles.queries : std::min(kQueryTile, (q.count() + threads - 1) / threads);
  const int64_t width = std::min(std::max<int64_t>(tiles.corpus, 1), c.count());
  const int64_t kept = std::min(k, c.count());
  const Search search(q, c, kept, q_ids, c_ids);
  at::parallel_for(0, (q.count() + height - 1) / height, 1, [&](int64_t begin, int64_t end) {
    auto buffer = at::empty({height * width}, at::kFloat);
    for (int64_t t = begin; t < end; ++t)
      search.tile(t * height, std::min((t + 1) * height, q.count()), width, buffer, out);
  });
  return out;
}

Neighbours nearest_neighbours(const at::Tensor& queries, const at::Tensor& corpus, int64_t k,
                              const at::Tensor& query_ids, const at::Tensor& corpus_ids) {
  return nearest_neighbours_tiled(queries, corpus, k, query_ids, corpus_ids, {});
}

}  // namespace kindred
