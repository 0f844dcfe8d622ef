// SPDX-License-Identifier: Apache-2.0
// Everything that decides a training run, as one tree of fields.
//
//   method.name  data.train  encoder.name  encoder.*  run.*  views.preset  views.*  views.vector.*  views.positives.*  loader.workers
//   loader.prefetch  optim.*  schedule.*  and the method's own (loss.*, head.*)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kindred/core/config.h"
#include "kindred/methods/method.h"
#include "kindred/nn/encoder.h"
#include "kindred/optim/optimizer.h"
#include "kindred/optim/schedule.h"
#include "kindred/views/image_views.h"
#include "kindred/views/loader.h"
#include "kindred/views/positives.h"

namespace kindred {

struct RunOptions {
  double epochs = 10;  // used where steps is 0; may be a fraction
  int64_t steps = 0;   // 0 = epochs * batches per epoch
  int64_t batch = 256;
  int64_t seed = 0;
  int64_t log_every = 20;          // steps
  int64_t checkpoint_every = 200;  // steps; 0 = only at the end
  int64_t size = 0;                // side of the encoder's input in pixels; 0 = see fit_preprocess()
};
void visit_fields(FieldList& v, RunOptions& o);

// The resolved options of one run. Made by resolve(); fields() walks all of it.
class TrainOptions {
 public:
  std::string method = "simclr";
  std::string data;
  std::string encoder = "convnet";
  std::string view_preset;  // views.preset; empty = the method's own
  std::string channels;     // views.channels; empty = the method's own
  RunOptions run;
  ImageViewOptions image_views;    // views.*
  VectorViewOptions vector_views;  // views.vector.*
  PositiveOptions positives;       // views.positives.*
  LoaderOptions loader;            // batch and seed come from run
  OptimizerOptions optim;
  ScheduleOptions schedule;
  std::unique_ptr<MethodRecipe> method_recipe;
  std::unique_ptr<EncoderRecipe> encoder_recipe;

  std::vector<Field> fields();
};

// Defaults of the method (its presets), then config on top. All validation happens here: unknown names, ranges, types.
// Throws InvalidArgument. Reads no data.
TrainOptions resolve(const Config& config);

}  // namespace kindred
