// SPDX-License-Identifier: Apache-2.0
// From options to everything a run is made of, checked against each other before anything is written.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kindred/data/dataset.h"
#include "kindred/data/preprocess.h"
#include "kindred/methods/method.h"
#include "kindred/train/options.h"
#include "kindred/views/loader.h"

namespace kindred {

struct Setup {
  TrainOptions options;
  DatasetPtr dataset;
  Preprocess preprocess;
  MethodPtr method;                    // weights initialised from run.seed
  std::vector<ParameterGroup> groups;  // what the optimiser trains
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Loader> loader;
  double peak_lr = 0;
  int64_t batches_per_epoch = 0;
  int64_t total_steps = 0;
  int64_t warmup_steps = 0;
};

// Throws InvalidArgument, IoError, Corruption.
Setup set_up(TrainOptions options);

}  // namespace kindred
