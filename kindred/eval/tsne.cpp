// SPDX-License-Identifier: Apache-2.0
// Exact t-SNE. Source: van der Maaten, Hinton 2008, JMLR 9, with its momentum, gains and early exaggeration.
// Departures: starts from the first two principal components (Kobak, Berens 2019) plus a jitter that parts duplicates;
// exaggeration 12 for 100 iterations; step size max(N / 48, 50), after Belkina et al. 2019 (whose gradient lacks the 4).
#include "kindred/eval/tsne.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/eval/one_thread.h"

namespace kindred {
namespace {

constexpr int64_t kEarly = 100;  // iterations of exaggeration and low momentum
constexpr double kExaggeration = 12;
constexpr double kStartSpread = 1e-4;  // standard deviation of the first coordinate at the start
constexpr double kJitter = 1e-2;       // of that
constexpr int kMostBisections = 100;

// Squared distances from row i to all rows, from x x^T.
void distances_from(int64_t i, int64_t n, const double* gram, std::vector<double>& out) {
  for (int64_t j = 0; j < n; ++j)
    out[static_cast<size_t>(j)] = std::max(0.0, gram[i * n + i] + gram[j * n + j] - 2 * gram[i * n + j]);
}

// Writes exp(-beta d) / sum for j != i with beta such that the entropy is `target`; returns the entropy reached.
// Bisection on beta: the entropy falls as beta rises.
double conditional_row(int64_t i, const std::vector<double>& distance, double target, std::vector<double>& p) {
  const size_t n = distance.size(), self = static_cast<size_t>(i);
  double nearest = std::numeric_limits<double>::infinity(), mean = 0;
  for (size_t j = 0; j < n; ++j) {
    if (j == self) continue;
    nearest = std::min(nearest, distance[j]);
    mean += distance[j] / static_cast<double>(n - 1);
  }
  double low = 0, high = std::numeric_limits<double>::infinity(), entropy = 0;
  double beta = mean > nearest ? 1 / (mean - nearest) : 1;
  for (int step = 0; step < kMostBisections; ++step) {
    double sum = 0, weighted = 0;
    for (size_t j = 0; j < n; ++j) {
      const double d = distance[j] - nearest;  // the nearest gets exp(0): the sum never underflows
      p[j] = j == self ? 0 : std::exp(-beta * d);
      sum += p[j];
      weighted += p[j] * d;
    }
    for (double& v : p) v /= sum;
    entropy = std::log(sum) + beta * weighted / sum;
    if (std::abs(entropy - target) < 1e-6) break;
    (entropy > target ? low : high) = beta;
    beta = std::isinf(high) ? 2 * beta : (low + high) / 2;
    if (!std::isfinite(beta)) break;  // duplicates: no beta tells them apart
  }
  return entropy;
}

// One pass over all pairs at map y: gradient / 4 without its normaliser is kept apart from it, since the normaliser
// Z = sum 1 / (1 + d^2) is known only at the end.
class Forces {
 public:
  explicit Forces(int64_t n)
      : attract_(static_cast<size_t>(2 * n)), repel_(attract_.size()), z_(static_cast<size_t>(n)) {}

  // gradient [2 N]: x of all points, then y of all points.
  void gradient(const std::vector<float>& p, double exaggeration, const std::vector<double>& y,
                std::vector<double>& out) {
    const auto n = static_cast<int64_t>(z_.size());
    at::parallel_for(0, n, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) row(i, n, p.data() + i * n, y.data());
    });
    double z = 0;
    for (const double v : z_) z += v;
    for (size_t c = 0; c < out.size(); ++c) out[c] = 4 * (exaggeration * attract_[c] - repel_[c] / z);
  }

 private:
  // Fixed lanes: vector code whose sums do not depend on how the rows are shared among threads.
  void row(int64_t i, int64_t n, const float* p, const double* y) {
    constexpr int64_t kLanes = 4;
    const double xi = y[i], yi = y[n + i];
    double ax[kLanes] = {}, ay[kLanes] = {}, rx[kLanes] = {}, ry[kLanes] = {}, z[kLanes] = {};
    const auto pair = [&](int64_t j, int64_t l) {
      const double dx = xi - y[j], dy = yi - y[n + j];
      const double w = 1 / (1 + dx * dx + dy * dy);
      const double pw = static_cast<double>(p[j]) * w, ww = w * w;
      ax[l] += pw * dx, ay[l] += pw * dy, rx[l] += ww * dx, ry[l] += ww * dy, z[l] += w;
    };
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes)
      for (int64_t l = 0; l < kLanes; ++l) pair(j + l, l);
    for (; j < n; ++j) pair(j, 0);
    const auto sum = [](const double* v) { return (v[0] + v[2]) + (v[1] + v[3]); };
    const auto a = static_cast<size_t>(i), b = static_cast<size_t>(n + i);
    attract_[a] = sum(ax), attract_[b] = sum(ay), repel_[a] = sum(rx), repel_[b] = sum(ry);
    z_[a] = sum(z) - 1;  // without the pair (i, i)
  }

  std::vector<double> attract_, repel_, z_;
};

// [2 N]: the first two principal components, scaled, with a jitter.
std::vector<double> start(const at::Tensor& rows, uint64_t seed) {
  const int64_t n = rows.size(0);
  const auto held = pca(rows, 2).to(at::kDouble).t().contiguous();
  const double* c = held.data_ptr<double>();
  double square = 0;
  for (int64_t i = 0; i < n; ++i) square += c[i] * c[i];
  const double spread = std::sqrt(square / static_cast<double>(n));
  CounterRng rng(seed, RngOp::kMap);
  std::vector<double> y(static_cast<size_t>(2 * n));
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = kStartSpread * ((spread > 0 ? c[i] / spread : 0) + kJitter * rng.normal());
  return y;
}

void centre(std::vector<double>& y) {
  const size_t n = y.size() / 2;
  for (size_t axis = 0; axis < 2; ++axis) {
    double mean = 0;
    for (size_t i = 0; i < n; ++i) mean += y[axis * n + i] / static_cast<double>(n);
    for (size_t i = 0; i < n; ++i) y[axis * n + i] -= mean;
  }
}

void descend(const std::vector<float>& p, int64_t iterations, std::vector<double>& y) {
  const auto n = static_cast<int64_t>(y.size() / 2);
  const double rate = std::max(static_cast<double>(n) / (4 * kExaggeration), 50.0);
  Forces forces(n);
  std::vector<double> gradient(y.size()), velocity(y.size(), 0.0), gain(y.size(), 1.0);
  for (int64_t t = 0; t < iterations; ++t) {
    const bool early = t < std::min(kEarly, iterations / 2);
    forces.gradient(p, early ? kExaggeration : 1, y, gradient);
    const double momentum = early ? 0.5 : 0.8;
    for (size_t i = 0; i < y.size(); ++i) {
      // Gains grow where the step keeps its direction (velocity is minus the gradient's sign), shrink where it turns.
      gain[i] = (gradient[i] > 0) != (velocity[i] > 0) ? gain[i] + 0.2 : std::max(gain[i] * 0.8, 0.01);
      velocity[i] = momentum * velocity[i] - rate * gain[i] * gradient[i];
      y[i] += velocity[i];
    }
    centre(y);
  }
}

}  // namespace

std::vector<float> tsne_affinities(const at::Tensor& x, double perplexity, std::vector<double>* conditional_entropy) {
  const int64_t n = x.size(0);
  at::Tensor gram;
  on_one_thread([&] { gram = at::mm(x, x.t()); });
  const double* g = gram.data_ptr<double>();
  std::vector<float> p(static_cast<size_t>(n * n));
  std::vector<double> entropy(static_cast<size_t>(n));
  at::parallel_for(0, n, 16, [&](int64_t begin, int64_t end) {
    std::vector<double> distance(static_cast<size_t>(n)), row(static_cast<size_t>(n));
    for (int64_t i = begin; i < end; ++i) {
      distances_from(i, n, g, distance);
      entropy[static_cast<size_t>(i)] = conditional_row(i, distance, std::log(perplexity), row);
      for (int64_t j = 0; j < n; ++j)
        p[static_cast<size_t>(i * n + j)] =
            static_cast<float>(row[static_cast<size_t>(j)] / (2.0 * static_cast<double>(n)));
    }
  });
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j) {
      float &a = p[static_cast<size_t>(i * n + j)], &b = p[static_cast<size_t>(j * n + i)];
      a = b = a + b;
    }
  if (conditional_entropy != nullptr) *conditional_entropy = std::move(entropy);
  return p;
}

double tsne_divergence(const std::vector<float>& affinities, const std::vector<double>& y) {
  const size_t n = y.size() / 2;
  const auto weight = [&](size_t i, size_t j) {
    const double dx = y[i] - y[j], dy = y[n + i] - y[n + j];
    return 1 / (1 + dx * dx + dy * dy);
  };
  double z = 0, sum = 0;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) z += i == j ? 0 : weight(i, j);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      const auto p = static_cast<double>(affinities[i * n + j]);
      if (i != j && p > 0) sum += p * std::log(p / (weight(i, j) / z));
    }
  return sum;
}

at::Tensor tsne(const at::Tensor& rows, const MapOptions& options) {
  check(rows.defined() && rows.dim() == 2, "tsne: expected rows [N, D], got ",
        rows.defined() ? concat(rows.dim(), " dimensions") : "no tensor");
  check(options.perplexity > 1, "tsne: expected perplexity > 1, got ", options.perplexity);
  check(options.iterations >= 0, "tsne: expected iterations >= 0, got ", options.iterations);
  check(at::isfinite(rows).all().item<bool>(), "tsne: expected finite rows, got a value that is not");
  const int64_t n = rows.size(0);
  if (n < 4) return pca(rows, 2);  // too few for neighbourhoods
  const auto x = rows.detach().to(at::kCPU, at::kDouble);
  at::Tensor centred;
  on_one_thread([&] { centred = (x - x.mean(0, /*keepdim=*/true)).contiguous(); });
  // No more than a third of the other rows can be neighbours of any one.
  const double perplexity = std::max(1.01, std::min(options.perplexity, static_cast<double>(n - 1) / 3));
  const auto p = tsne_affinities(centred, perplexity, nullptr);
  std::vector<double> y = start(rows, options.seed);
  descend(p, options.iterations, y);
  auto out = at::empty({n, 2}, at::kFloat);
  float* to = out.data_ptr<float>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t axis = 0; axis < 2; ++axis)
      to[2 * i + axis] = static_cast<float>(y[static_cast<size_t>(axis * n + i)]);
  return out;
}

}  // namespace kindred
