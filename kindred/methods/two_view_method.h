// SPDX-License-Identifier: Apache-2.0
// What the methods with one network and two augmented views share.
//
//   x1 \                                     / z1
//       > [x1; x2] -> encoder -> head -> [z]  <
//   x2 /            (one pass, 2B rows)       \ z2
//
// Both views go through in one pass, so that batch norm takes its statistics over 2B rows, as in simclr.
#pragma once

#include <string_view>

#include "kindred/methods/method.h"
#include "kindred/nn/heads.h"

namespace kindred {

struct ViewPair {
  torch::Tensor z1, z2;  // [B, D] each, row i of both is sample i
};

class TwoViewMethod : public Method {
 public:
  EncoderPtr encoder() const override { return encoder_; }

 protected:
  // name: for messages. Throws InvalidArgument for a batch of one: every loss here compares samples.
  TwoViewMethod(std::string_view name, const ProjectionHeadOptions& head, const MethodContext& context);

  ViewPair embed(const Batch& batch);
  // The loss with the rows that the collapse watch looks at.
  static StepOutput output(const torch::Tensor& loss, const ViewPair& z,
                           std::vector<std::pair<std::string, double>> metrics = {});
  int64_t batch() const { return batch_; }  // B
  int64_t width() const { return width_; }  // D

 private:
  int64_t batch_, width_;
  EncoderPtr encoder_;
  torch::nn::Sequential head_;
};

}  // namespace kindred
