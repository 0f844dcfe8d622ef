// SPDX-License-Identifier: Apache-2.0
// Schedules over steps: learning rate (linear warm-up, then cosine, steps or constant) and EMA momentum.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kindred/core/fields.h"

namespace kindred {

struct ScheduleOptions {
  std::string name = "cosine";  // cosine, constant, steps
  double warmup_epochs = 0;     // linear from 0; the first step already has 1/warmup of the peak... see lr_at
  double end_factor = 0;        // cosine ends at peak * end_factor
  std::vector<double> drop_at;  // steps: shares of the run at which the rate is multiplied by drop_factor
  double drop_factor = 0.1;
};
void visit_fields(FieldList& v, ScheduleOptions& o);

// The rate for step (0-based) of total; warmup in steps. Warm-up: peak * step / warmup for step < warmup (0 at step 0);
// cosine over the rest: at step = total it would be peak * end_factor. Vector: schedules_and_optimisers/linear_warmup_cosine.
double lr_at(const ScheduleOptions& options, double peak, int64_t step, int64_t warmup, int64_t total);

// BYOL: 1 - (1 - base) * (cos(pi step / total) + 1) / 2.
double ema_cosine(double base, int64_t step, int64_t total);

// How much of itself a teacher keeps at each step.
struct EmaOptions {
  double momentum = 0.996;          // at the start; BYOL 0.996 for 1000 epochs, 0.99 for 300; MoCo 0.999; DINO 0.996
  std::string schedule = "cosine";  // cosine: up to 1 over the run (BYOL, DINO); constant (MoCo)
};
void visit_fields(FieldList& v, EmaOptions& o);
double momentum_at(const EmaOptions& options, int64_t step, int64_t total);

// from at step 0, in a straight line to `to` at step `over` and after. DINO's teacher temperature.
double linear_warmup(double from, double to, int64_t step, int64_t over);

}  // namespace kindred
