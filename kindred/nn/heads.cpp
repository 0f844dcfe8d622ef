// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/heads.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "kindred/core/error.h"

namespace kindred {

void visit_fields(FieldList& v, ProjectionHeadOptions& o) {
  v("layers", o.layers, "linear layers; 0 = no head", between(0, 16));
  v("hidden", o.hidden, "units of the layers before the last; 0 = the encoder's width", between(0, 65536));
  v("out", o.out, "width of the space of the loss", between(1, 65536));
  v("batch_norm", o.batch_norm, "batch norm after each layer before the last");
  v("last_batch_norm", o.last_batch_norm, "batch norm after the last layer");
  v("last_affine", o.last_affine, "scale and shift in the last batch norm");
}

torch::nn::Sequential projection_head(int64_t in, const ProjectionHeadOptions& options) {
  ProjectionHeadOptions o = options;
  check_fields(fields_of(o), "projection_head");
  check(in >= 1, "projection_head: expected an input width >= 1, got ", in);
  torch::nn::Sequential head;
  if (o.layers == 0) {
    check(o.out == in, "projection_head: expected out = ", in, " where layers = 0, got ", o.out);
    head->push_back(torch::nn::Identity());
    return head;
  }
  const int64_t hidden = o.hidden == 0 ? in : o.hidden;
  for (int64_t layer = 1; layer < o.layers; ++layer) {
    head->push_back(torch::nn::Linear(torch::nn::LinearOptions(in, hidden).bias(!o.batch_norm)));
    if (o.batch_norm) head->push_back(torch::nn::BatchNorm1d(hidden));
    head->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(true)));
    in = hidden;
  }
  head->push_back(torch::nn::Linear(torch::nn::LinearOptions(in, o.out).bias(!o.last_batch_norm)));
  if (o.last_batch_norm)
    head->push_back(torch::nn::BatchNorm1d(torch::nn::BatchNorm1dOptions(o.out).affine(o.last_affine)));
  return head;
}

void visit_fields(FieldList& v, PredictionHeadOptions& o) {
  v("layers", o.layers, "linear layers; 0 = no predictor, and the method collapses", between(0, 16));
  v("hidden", o.hidden, "units of the layers before the last; 0 = as many as the space of the loss has",
    between(0, 65536));
  v("batch_norm", o.batch_norm, "batch norm after each layer before the last");
  v("trained", o.trained, "false: keeps its random weights");
}

torch::nn::Sequential prediction_head(int64_t width, const PredictionHeadOptions& options) {
  PredictionHeadOptions o = options;
  check_fields(fields_of(o), "prediction_head");
  auto head = projection_head(
      width,
      {.layers = o.layers, .hidden = o.hidden, .out = width, .batch_norm = o.batch_norm, .last_batch_norm = false});
  if (!o.trained)
    for (auto& parameter : head->parameters()) parameter.set_requires_grad(false);
  return head;
}

}  // namespace kindred
