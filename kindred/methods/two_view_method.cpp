// SPDX-License-Identifier: Apache-2.0
#include "kindred/methods/two_view_method.h"

#include "kindred/core/error.h"

namespace kindred {

TwoViewMethod::TwoViewMethod(std::string_view name, const ProjectionHeadOptions& head, const MethodContext& context)
    : batch_(context.batch),
      width_(head.out),
      encoder_(register_module("encoder", context.encoder)),
      head_(register_module("head", projection_head(context.encoder->out_dim(), head))) {
  check(batch_ >= 2, name, ": expected a batch of at least 2 samples to compare, got ", batch_);
  init_weights(*head_, context.seed);
}

ViewPair TwoViewMethod::embed(const Batch& batch) {
  const auto x = torch::cat({batch.views[0], batch.views[1]});   // [2B, ...]
  const auto z = head_->forward(encoder_->forward(x)).chunk(2);  // 2 of [B, D]
  return {z[0], z[1]};
}

StepOutput TwoViewMethod::output(const torch::Tensor& loss, const ViewPair& z,
                                 std::vector<std::pair<std::string, double>> metrics) {
  return {.loss = loss, .metrics = std::move(metrics), .z1 = z.z1.detach(), .z2 = z.z2.detach()};
}

}  // namespace kindred
