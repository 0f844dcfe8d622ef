// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace kindred {
namespace {

using Vector = std::vector<double>;
constexpr double kArmijo = 1e-4, kCurvature = 0.9;  // Nocedal, Wright, section 3.1
constexpr int kMostTrials = 30;
constexpr int64_t kLossWindow = 10;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double largest(const Vector& v) {
  double most = 0;
  for (const double x : v) most = std::max(most, std::abs(x));
  return most;
}

// y += a x
void add(Vector& y, double a, const Vector& x) {
  for (size_t i = 0; i < y.size(); ++i) y[i] += a * x[i];
}

// The last steps s and gradient changes y; direction() applies the inverse Hessian they imply.
class History {
 public:
  explicit History(size_t most) : most_(most) {}

  void push(Vector step, Vector change) {
    const double curvature = dot(step, change);
    if (!(curvature > 0)) return;  // only rounding makes it so on a convex objective
    if (pairs_.size() == most_) pairs_.pop_front();
    pairs_.push_back({std::move(step), std::move(change), curvature});
  }
  bool empty() const { return pairs_.empty(); }
  void clear() { pairs_.clear(); }

  // -H g, by the two-loop recursion.
  Vector direction(const Vector& gradient) const {
    Vector d = gradient;
    std::vector<double> alpha(pairs_.size());
    for (size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = dot(pairs_[i].step, d) / pairs_[i].curvature;
      add(d, -alpha[i], pairs_[i].change);
    }
    // Without history: a first step of length at most 1.
    const double scale = pairs_.empty() ? 1 / std::max(1.0, std::sqrt(dot(gradient, gradient)))
                                        : pairs_.back().curvature / dot(pairs_.back().change, pairs_.back().change);
    for (double& x : d) x *= scale;
    for (size_t i = 0; i < pairs_.size(); ++i)
      add(d, alpha[i] - dot(pairs_[i].change, d) / pairs_[i].curvature, pairs_[i].step);
    for (double& x : d) x = -x;
    return d;
  }

 private:
  struct Pair {
    Vector step, change;
    double curvature;
  };
  size_t most_;
  std::deque<Pair> pairs_;
};

struct Point {
  Vector x, gradient;
  double loss = 0;
};

// A point along the direction that meets the weak Wolfe conditions. False: none was found before rounding took over.
bool line_search(const Objective& objective, const Point& from, const Vector& direction, Point& to,
                 int64_t& evaluations) {
  const double slope = dot(from.gradient, direction);
  if (!(slope < 0)) return false;
  double low = 0, high = std::numeric_limits<double>::infinity(), step = 1;
  for (int trial = 0; trial < kMostTrials; ++trial) {
    to.x = from.x;
    add(to.x, step, direction);
    to.loss = objective(to.x, to.gradient);
    ++evaluations;
    if (!(to.loss <= from.loss + kArmijo * step * slope)) {
      high = step;
    } else if (dot(to.gradient, direction) < kCurvature * slope) {
      low = step;
    } else {
      return true;
    }
    step = std::isinf(high) ? 2 * low : (low + high) / 2;
  }
  return to.loss < from.loss;
}

}  // namespace

LbfgsResult minimise_lbfgs(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options) {
  LbfgsResult result;
  History history(static_cast<size_t>(options.history));
  Point now{x, Vector(x.size()), 0}, next{x, Vector(x.size()), 0};
  now.loss = objective(now.x, now.gradient);
  result.evaluations = 1;
  std::deque<double> recent{now.loss};
  for (;;) {
    result.converged = largest(now.gradient) <= options.gradient_tolerance;
    if (result.converged || result.iterations == options.max_iterations) break;
    if (!line_search(objective, now, history.direction(now.gradient), next, result.evaluations)) {
      if (history.empty()) {  // not even downhill helps: the loss is flat to rounding
        result.converged = true;
        break;
      }
      history.clear();
      continue;
    }
    ++result.iterations;
    Vector step = next.x, change = next.gradient;
    add(step, -1, now.x);
    add(change, -1, now.gradient);
    history.push(std::move(step), std::move(change));
    std::swap(now, next);
    recent.push_back(now.loss);
    if (static_cast<int64_t>(recent.size()) <= kLossWindow) continue;
    const double won = recent.front() - now.loss;
    recent.pop_front();
    if (won < options.loss_tolerance * std::abs(now.loss)) {
      result.converged = true;
      break;
    }
  }
  x = now.x;
  result.loss = now.loss;
  result.largest_gradient = largest(now.gradient);
  return result;
}

}  // namespace kindred
