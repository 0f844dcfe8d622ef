// SPDX-License-Identifier: Apache-2.0
// SimCLR.   x1 \                                     / z1 \.
//               > [x1; x2] -> encoder -> head -> [z]  <      > NT-Xent -> loss
//           x2 /            (one pass, 2B rows)       \ z2 /
// Source: Chen, Kornblith, Norouzi, Hinton 2020, arXiv:2002.05709, algorithm 1. Both views go through in one pass, so
// that batch norm takes its statistics over 2B rows, as the authors' code does on one device
// (https://github.com/google-research/simclr, tf2/run.py).
// Departs: the loss is the paper's mean over 2B rows; the authors' code sums two means over B and is twice that
// (loss.reduction = "sum_of_views").
// To show what the negatives are for: negatives=false leaves -cos / t, which collapses.
#include "kindred/core/error.h"
#include "kindred/losses/negative_cosine.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/heads.h"

namespace kindred {
namespace {

struct SimclrOptions {
  NtXentOptions loss{.temperature = 0.5};  // the paper's CIFAR-10 set-up (appendix B.9); 0.1 on ImageNet
  bool negatives = true;
  ProjectionHeadOptions head;  // 2 layers to 128, batch norm after both
};
void visit_fields(FieldList& v, SimclrOptions& o) {
  v.group("loss", o.loss);
  v("negatives", o.negatives, "false: the loss is the attraction of the two views alone, and the method collapses");
  v.group("head", o.head);
}

class Simclr final : public Method {
 public:
  Simclr(const SimclrOptions& options, const MethodContext& context)
      : loss_(options.loss),
        objective_(options.negatives ? contrast : attraction),
        batch_(context.batch),
        encoder_(register_module("encoder", context.encoder)),
        head_(register_module("head", projection_head(context.encoder->out_dim(), options.head))) {
    init_weights(*head_, context.seed);
  }

  StepOutput step(const Batch& batch) override {
    const auto x = torch::cat({batch.views[0], batch.views[1]});  // [2B, ...]
    const auto z = head_->forward(encoder_->forward(x));          // [2B, D]
    const auto pair = z.chunk(2);                                 // 2 of [B, D]
    const auto loss = objective_(pair[0], pair[1], batch.ids, loss_);
    return {.loss = loss, .metrics = {}, .z1 = pair[0].detach(), .z2 = pair[1].detach()};
  }

  std::vector<Landmark> landmarks() const override {
    if (objective_ == attraction) return {{-1 / loss_.temperature, "-1/t: all views have the same embedding"}};
    const double scale = loss_.reduction == "sum_of_views" ? 2 : 1;  // that reduction is twice the mean
    return {{scale * nt_xent_uniform_value(batch_), "ln(2B - 1): every embedding is as near as every other"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  using Objective = torch::Tensor (*)(const torch::Tensor& z1, const torch::Tensor& z2, const torch::Tensor& ids,
                                      const NtXentOptions&);

  static torch::Tensor contrast(const torch::Tensor& z1, const torch::Tensor& z2, const torch::Tensor& ids,
                                const NtXentOptions& options) {
    return nt_xent(z1, z2, ids, options);
  }
  // What is left of the loss where there are no negatives.
  static torch::Tensor attraction(const torch::Tensor& z1, const torch::Tensor& z2, const torch::Tensor& /*ids*/,
                                  const NtXentOptions& options) {
    return negative_cosine(z1, z2, {.stop_gradient = false}) / options.temperature;
  }

  NtXentOptions loss_;
  Objective objective_;
  int64_t batch_;
  EncoderPtr encoder_;
  torch::nn::Sequential head_;
};

MethodPtr make_simclr(const SimclrOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "simclr: expected a batch of at least 2 samples (the others are the negatives), got ",
        context.batch);
  return std::make_shared<Simclr>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> simclr_recipe() { return make_recipe(make_simclr); }

}  // namespace kindred
