// SPDX-License-Identifier: Apache-2.0
// L-BFGS for smooth convex objectives of a few thousand to a few million parameters, in float64.
//
// Source: Nocedal, Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5; line search for the weak Wolfe
// conditions by bisection and expansion (Lewis, Overton 2013, algorithm 2.6).
// torch::optim::LBFGS is not used: its vector operations run through BLAS, whose rounding changes with the number of
// threads, and it does not say whether it converged.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace kindred {

struct LbfgsOptions {
  int64_t max_iterations = 200;
  double gradient_tolerance = 1e-5;  // stop when no |gradient| is above
  double loss_tolerance = 1e-8;      // stop when ten iterations together win less than this times |loss|; 0 = never
  int64_t history = 10;
};

struct LbfgsResult {
  double loss = 0;
  double largest_gradient = 0;
  int64_t iterations = 0;
  int64_t evaluations = 0;
  bool converged = false;  // false: max_iterations ran out
};

// Returns the loss at x and writes its gradient.
using Objective = std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

// Moves x to a minimum. Deterministic where the objective is.
LbfgsResult minimise_lbfgs(const Objective& objective, std::vector<double>& x, const LbfgsOptions& options = {});

}  // namespace kindred
