// SPDX-License-Identifier: Apache-2.0
// SimSiam.   x1 -> encoder -> head -> z1 -> predictor -> p1 \.
//            x2 -> encoder -> head -> z2 --- no gradient ---- -cos(p1, z2), and half the sum with the views exchanged
// Source: Chen & He 2021, arXiv:2011.10566, algorithm 1; widths of appendix D (CIFAR-10: a head of 2 layers to 2048; 3 on
// ImageNet), the predictor's rate is not scheduled (section 4.2). The views go through one after the other, as in the
// authors' code (https://github.com/facebookresearch/simsiam).
// Departs: weight decay leaves out biases and batch norms (the paper's does not: optim.decay_1d=true), and the last batch
// norm of a residual block starts at 1 (there at 0: encoder.zero_init_residual=true).
// To show what keeps it from collapsing: loss.stop_gradient=false, predictor.layers=0, predictor.trained=false.
#include "kindred/core/error.h"
#include "kindred/losses/negative_cosine.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/heads.h"

namespace kindred {
namespace {

struct SimsiamOptions {
  NegativeCosineOptions loss{.form = "simsiam"};
  bool symmetric = true;
  ProjectionHeadOptions head{.layers = 2, .hidden = 2048, .out = 2048, .last_affine = false};
  PredictionHeadOptions predictor{.layers = 2, .hidden = 512};
};
void visit_fields(FieldList& v, SimsiamOptions& o) {
  v.group("loss", o.loss);
  v("symmetric", o.symmetric, "both views are predicted in turn; false: the second from the first only (section 4.6)");
  v.group("head", o.head);
  v.group("predictor", o.predictor);
}

class Simsiam final : public Method {
 public:
  Simsiam(const SimsiamOptions& options, const MethodContext& context)
      : loss_(options.loss),
        symmetric_(options.symmetric),
        branch_(std::make_shared<Branch>(context.encoder, projection_head(context.encoder->out_dim(), options.head))),
        predictor_(prediction_head(options.head.out, options.predictor)) {
    register_module("branch", branch_);
    register_module("predictor", predictor_);
    init_weights(*branch_->head(), context.seed);
    init_weights(*predictor_, context.seed + 1);
  }

  StepOutput step(const Batch& batch) override {
    const auto z1 = branch_->forward(batch.views[0]), z2 = branch_->forward(batch.views[1]);  // [B, D]
    const auto p1 = predictor_->forward(z1);                                                  // [B, D]
    const auto loss =
        symmetric_ ? negative_cosine(p1, z2, predictor_->forward(z2), z1, loss_) : negative_cosine(p1, z2, loss_);
    return {.loss = loss, .metrics = {}, .z1 = z1.detach(), .z2 = z2.detach()};
  }

  // The predictor keeps the peak rate, so that it stays ahead of the representation it predicts.
  std::vector<ParameterGroup> parameter_groups(const OptimizerOptions& options) const override {
    std::vector<ParameterGroup> out;
    for (const auto& group : default_groups(*this, options)) {
      ParameterGroup rest = group, predictor = group;
      predictor.name = "predictor_" + group.name;
      predictor.fixed_lr = true;
      std::erase_if(rest.parameters, [](const auto& each) { return each.first.starts_with("predictor."); });
      std::erase_if(predictor.parameters, [](const auto& each) { return !each.first.starts_with("predictor."); });
      out.push_back(std::move(rest));
      if (!predictor.parameters.empty()) out.push_back(std::move(predictor));
    }
    return out;
  }

  std::vector<Landmark> landmarks() const override {
    const double value = loss_.form == "byol" ? 0 : -1;
    return {{value, "every prediction hits its target: all samples have the same embedding"}};
  }
  EncoderPtr encoder() const override { return branch_->encoder(); }

 private:
  NegativeCosineOptions loss_;
  bool symmetric_;
  std::shared_ptr<Branch> branch_;
  torch::nn::Sequential predictor_;
};

MethodPtr make_simsiam(const SimsiamOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "simsiam: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  return std::make_shared<Simsiam>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> simsiam_recipe() { return make_recipe(make_simsiam); }

}  // namespace kindred
