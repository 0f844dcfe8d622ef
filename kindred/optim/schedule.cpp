// SPDX-License-Identifier: Apache-2.0
#include "kindred/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kindred/core/error.h"

namespace kindred {
namespace {

// 1 at share 0, 0 at share 1, along half a cosine.
double half_cosine(double share) { return 0.5 * (1 + std::cos(std::numbers::pi * share)); }

double cosine(const ScheduleOptions& options, double peak, int64_t step, int64_t warmup, int64_t total) {
  const double end = peak * options.end_factor;
  const double share = static_cast<double>(step - warmup) / static_cast<double>(std::max<int64_t>(total - warmup, 1));
  return end + (peak - end) * half_cosine(std::min(share, 1.0));
}

double steps(const ScheduleOptions& options, double peak, int64_t step, int64_t total) {
  // The slack of a millionth of a step: 0.6 * 200 need not be 120 in binary.
  const auto drops = std::ranges::count_if(options.drop_at, [&](double share) {
    return static_cast<double>(step) + 1e-6 >= share * static_cast<double>(total);
  });
  return peak * std::pow(options.drop_factor, static_cast<double>(drops));
}

}  // namespace

void visit_fields(FieldList& v, ScheduleOptions& o) {
  v("name", o.name, "course of the learning rate after the warm-up", {"constant", "cosine", "steps"});
  v("warmup_epochs", o.warmup_epochs, "epochs in which the rate rises linearly from 0", at_least(0));
  v("end_factor", o.end_factor, "cosine: share of the peak rate at the end", between(0, 1));
  v("drop_at", o.drop_at, "steps: shares of the run at which the rate drops", between(0, 1));
  v("drop_factor", o.drop_factor, "steps: factor of each drop", between(0, 1));
}

double lr_at(const ScheduleOptions& options, double peak, int64_t step, int64_t warmup, int64_t total) {
  check(step >= 0 && warmup >= 0 && total >= 0, "lr_at: expected step, warmup and total >= 0, got ", step, ", ", warmup,
        ", ", total);
  if (step < warmup) return peak * static_cast<double>(step) / static_cast<double>(warmup);
  if (options.name == "cosine") return cosine(options, peak, step, warmup, total);
  if (options.name == "steps") return steps(options, peak, step, total);
  check(options.name == "constant", "lr_at: expected name one of constant, cosine, steps, got \"", options.name, "\"");
  return peak;
}

double ema_cosine(double base, int64_t step, int64_t total) {
  check(step >= 0 && total >= 1, "ema_cosine: expected step >= 0 and total >= 1, got ", step, " and ", total);
  const double share = std::min(static_cast<double>(step) / static_cast<double>(total), 1.0);
  return 1 - (1 - base) * half_cosine(share);
}

void visit_fields(FieldList& v, EmaOptions& o) {
  v("momentum", o.momentum, "what the slow copy keeps of itself in a step, at the start of the run", between(0, 1));
  v("schedule", o.schedule, "constant, or cosine: the momentum rises to 1 over the run", {"constant", "cosine"});
}

double momentum_at(const EmaOptions& options, int64_t step, int64_t total) {
  check(options.momentum >= 0 && options.momentum <= 1, "momentum_at: expected momentum in [0, 1], got ",
        options.momentum);
  if (options.schedule == "cosine") return ema_cosine(options.momentum, step, total);
  check(options.schedule == "constant", "momentum_at: expected schedule one of constant, cosine, got \"",
        options.schedule, "\"");
  return options.momentum;
}

double linear_warmup(double from, double to, int64_t step, int64_t over) {
  check(step >= 0 && over >= 0, "linear_warmup: expected step and over >= 0, got ", step, " and ", over);
  if (step >= over) return to;
  return from + (to - from) * static_cast<double>(step) / static_cast<double>(over);
}

}  // namespace kindred
