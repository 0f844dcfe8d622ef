// SPDX-License-Identifier: Apache-2.0
// Projection heads: from the representation to the space of the loss.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>

#include "kindred/core/fields.h"

namespace kindred {

// layers linear layers of `hidden` units with (batch norm and) ReLU between them, the last to `out`.
// layers = 1 is a linear head, 0 none (out must then equal in). Papers: SimCLR 2 layers, out 128, batch norm after every
// linear layer; BYOL 2 layers, none after the last; SimSiam 3 layers, after the last too but without scale and shift.
struct ProjectionHeadOptions {
  int64_t layers = 2;
  int64_t hidden = 0;  // 0 = the encoder's width
  int64_t out = 128;
  bool batch_norm = true;       // after each hidden layer
  bool last_batch_norm = true;  // after the last layer
  bool last_affine = true;      // scale and shift in that last batch norm
};
void visit_fields(FieldList& v, ProjectionHeadOptions& o);

// [B, in] -> [B, options.out]. Linear layers followed by batch norm carry no bias.
torch::nn::Sequential projection_head(int64_t in, const ProjectionHeadOptions& options);

// From one view's projection to the other's, in the same space. BYOL: 2 layers, hidden 4096; SimSiam: 2 layers, hidden a
// quarter of the width; NNCLR: 2 layers, hidden 4096. No batch norm after the last layer in any.
struct PredictionHeadOptions {
  int64_t layers = 2;  // 0 = no predictor
  int64_t hidden = 0;  // 0 = the width of the space
  bool batch_norm = true;
  bool trained = true;
};
void visit_fields(FieldList& v, PredictionHeadOptions& o);

// [B, width] -> [B, width]; layers = 0 gives the rows back. trained = false: its parameters ask for no gradient (to show
// what a predictor of random weights does).
torch::nn::Sequential prediction_head(int64_t width, const PredictionHeadOptions& options);

}  // namespace kindred
